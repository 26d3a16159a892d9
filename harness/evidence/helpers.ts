// SPDX-License-Identifier: GPL-2.0-only
/**
 * Functions that are where a bug shows and never whose bug it is, by family. A pattern matches the whole
 * name, `__` and `___` before it included.
 */
const FAMILIES = {
  /** What prints the splat, and the trap entry under it. */
  reporting: list`
    dump_stack(_lvl)? dump_(page|header|trace) show_(stack|trace|regs|opcodes|task).* sched_show_task print_.*
    report_.* warn warn_slowpath_.* warn_printk fixup_bug handle_(bug|ubsan.*) die(_body|_addr)? oops_.*
    do_(error_)?trap do_(invalid_op|int3|general_protection|page_fault|divide_error|double_fault)
    do_(kernel_fault|tag_check_fault|tag_recovery|alignment_fault|bad|DataAbort|PrefetchAbort|sp_pc_abort|undefinstr)
    (dabt|pabt|und)_svc
    do_(user_addr_fault|kern_addr_fault|translation_fault|mem_abort|bad_area|debug_exception|serror) exc_.*
    asm_exc_.* page_fault(_oops)? df_debug async_page_fault general_protection invalid_op divide_error double_fault
    error_(entry|exit|code) no_context bad_area.* kernelmode_fixup_or_oops die_kernel_fault panic panic_bad_stack
    handle_bad_stack vpanic nmi_panic check_panic_on_warn panic_(on_.*|saved_regs) arm64_\w*serror\w* end_report
    unwind_.* stack_trace_.*
    save_stack.* arch_stack_walk walk_stackframe dump_backtrace fault_in_kernel_space spurious_.* vmalloc_fault
    notify_die (\w+_)?notifier_call_chain\w* call_netdevice_notifiers\w* el1.* stack_chk_fail kunit_.* bug_handler
    call_break_hook brk_handler entry_text_start bad_stack bad_mode do_trap_break rust_helper_BUG
    R\w*(rust_begin_unwind|9panicking\w*) dump_backtrace_log_lvl unwind_backtrace (get|add|test)_taint
    deref_stack_reg is_bpf_text_address is_ftrace_trampoline kernel_text_address cfi_(check|slowpath|report).*
    in_(entry|irq|exception|task)_stack\w* get_stack_info\w* stack_access_ok orc_\w+ search_(exception|extable).*
    fixup_exception reiserfs_(panic|error) (asm_)?sysvec_.* irqentry_(enter|exit).* retint_\w+ (raw_)?irqentry_.*
    pfx_.* do_(page_fault_part|trap_\w+|ade|be|sade|page_fault\w*) ret_from_exception(_\w+)? program_check_\w+
    pgm_check_handler (instruction|data)_access_common(_\w+)? (handle|hash)_page_fault\w* do_bad_page_fault_\w+
    do_(dat|protection|asce)_exception.* prepare_exit_to_usermode exit_to_user_mode.* _?exception\w*
  `,
  sanitizers: list`
    kasan_.* asan_.* hwasan_.* kmsan_.* msan_.* kcsan_.* kmemleak_.* create_object find_and_remove_object
    delete_object\w*
    (ubsan_)?(handle|val)_(overflow|.*_bounds|.*_mismatch.*|to_string) ubsan_epilogue tsan_.* kfence_.* ubsan_.*
    check_(memory_region|region_inline|access).* memory_is_poisoned.* instrument_.* describe_.* sanitizer_cov_.*
    write_comp_data internal_bug_description stack_?depot_.* val_to_string is_bad_asan_addr set_track.* poison_.*
    unpoison_.* (kasan_)?quarantine_(reduce|put|remove.*)
  `,
  memory: list`
    mem(cpy|set|move|cmp|chr|scan|chr_inv|dup_user|zero_explicit)(_.*)?
    str(n?len|n?cpy|n?cmp|scpy|lcpy|n?cat|lcat|n?chr|rchr|n?str|pbrk|n?casecmp|sep|spn|cspn)(_.*)? sized_str.*
    fortify_panic fortify_report copy_(to|from)_user.* copy_user_(generic|enhanced|fast|handle|short|nocache).*
    copy_in_user copy_page(_rep|_regs|_to_iter.*|_from_iter.*)? raw_copy_.* inline_copy_.*
    (get|put)_user(_(\d+|bad|nocheck.*|nofault.*|asm.*|size|atomic.*))? clear_page(_rep|_erms|_orig)? clear_user.*
    clear_huge_page rep_.* check_copy_size check_object_size check_heap_object check_stack_object usercopy_.*
    check_page_span csum_partial.* asm_copy_.* arch_copy_.* copy_mc.* memcpy_.* read_once_.* write_once_.*
    READ_ONCE_.* mmio(cpy|set) builtin_.* might_fault pi_mem.*
  `,
  atomics: list`
    (arch_|raw_)?(atomic|atomic64|atomic_long)_.* atomic_dec_and_(lock|mutex)\w* (arch_|raw_)?(try_)?cmpxchg.*
    (arch_|raw_)?xchg.* (arch_)?(test|set|clear|change|variable_test|constant_test)_.*bit.*
    find_(first|next|last)_.*bit.* lse_.* ll_sc_.*
  `,
  locking: list`
    lock_(acquire|acquired|release|contended|downgrade|is_held_type|pin_lock|unpin_lock|set_class)
    lock_(sock_nested|system_sleep|torture.*) lockdep_.* lock_acquire.* lock_release.* perf_trace_lock\w*
    lock_contended validate_chain check_preemption_disabled this_cpu_preempt_check
    valid_state
    check_(prevs_add|noncircular|irq_usage|usage.*|deadlock|no_locks_.*|wait_context|chain_key|prev_.*|flags)
    check_preempt_.* mark_(lock|held_locks|usage|lock_irq|irqflags) debug_lockdep_rcu_enabled
    rcu_preempt_sleep_check ldsem_.* raw_(read|write)\w+ (hard|soft)irqs_\w+ trace_(hard|soft)irqs_\w+
    finish_(task_switch|lock_switch)\w* find_(held_lock|lock_.*) register_lock_class assign_lock_key
    alloc_list_entry add_lock_to_list save_trace rcu_lockdep_.* rcu_is_watching bfs look_up_lock_class
    raw_spin_rq_(un)?lock\w*
    (raw_)*(do_raw_)?(spin|read|write)_(lock|unlock|trylock).* (raw_)*(spin|read|write)_(lock|unlock|trylock).*
    do_raw_.* queued_.* native_queued_.* pv_(wait|kick|queued).* spin_(bug|dump) rwlock_bug mutex_.* ww_mutex_.*
    rt_mutex_.* rt_(spin|read|write)_.* rtlock_.*
    down(_read|_write|_interruptible|_killable|_trylock|_timeout)?(_.*)? up(_read|_write)?(_non_owner)? rwsem_.*
    rwbase_.* semaphore_.* percpu_(down|up)_.* percpu_rwsem_.* seqcount_.* reiserfs_write_(un)?lock\w* read_seq.*
    write_seq.*
    rcu_read_(lock|unlock).* srcu_read_.* local_bh_.* bit_spin_.* lockref_.* arch_(spin|read|write)_.*
    class_.*_(constructor|destructor) osq_.* local_lock.* debug_(spin|mutex|rt_mutex|locks)_.*
    might_(lock|sleep|resched).* might_alloc debug_check_no_locks_.* mutex rt_mutex write_lock_failed
    read_lock_failed call_rwsem_.* debug_locks_off
  `,
  structures: list`
    list_.* hlist_.* llist_.* plist_.* rb_.* rbtree_.* interval_tree_.* refcount_.* kref_.* percpu_ref_.* xa_.*
    xas_.* radix_tree_.* idr_.* ida_.* mas_.* mt_.* sbitmap_.* rhashtable_.* rht_.*
  `,
  /** Look-ups in the page cache: the swap cache's address spaces are read through them. */
  pageCache: list`
    find_(get|lock)_(page|pages|entry|entries|entries_tag|folio).* find_subpage pagecache_get_page
    filemap_get_(folio|folios|entry|incore_folio).* mapping_get_entry page_cache_(get|add).* page_cache_get_.*
  `,
  debugObjects: list`
    debug_(object|objects|print|check|obj)_.* debug_(activate|deactivate|assert|init|timer|work|rcu|hrtimer).*
    lookup_object.* destroy_.*_on_stack
  `,
  allocator: list`
    kmalloc(_(noprof|node|array|large|order|trace|slab|cache|caller|track|reserve|size|roundup|index|nolock))*
    alloc_bootmem.*
    kzalloc.* krealloc.* kfree.* kvmalloc.* kvfree.* kvzalloc.* kmem_cache_(alloc|free|zalloc).* kcalloc
    slab_(alloc|free|post|pre|err|bug|fix|pad|kernel|out_of|want|lock|unlock|update|obj_ext|page|build)\w*
    do_slab_free cache_(alloc|free|grow).* do_kmalloc.* do_kmem_cache_.* free_to_partial_list alloc_debug_processing
    free_debug_processing check_(slab|object|bytes_and_report|bytes) object_err alloc_pages?(_\w+)? get_free_pages
    new_slab allocate_slab alloc_slab.* v[mz]alloc.* should_fail.* fail_dump free_pages?(_ok|_exact|_core)?
    free_unref_.* free_pcp.* free_pages_ok bad_page free_page_is_bad(_report)? free_pages_(check|prepare).*
    check_(free_page|new_page).* get_page_from_freelist prep_new_page kernel_(un)?poison_pages folio_alloc(_noprof)?
    qlink_.* qlist_.* devm_kmalloc pcpu_(alloc.*|mem_zalloc|balance_.*|create_chunk|populate_.*|depopulate_.*)
    alloc_skb\w* sk_prot_alloc alloc_percpu.* free_percpu free_large_kmalloc vunmap vfree.* warn_alloc(_failed)?
    alloc_inode
    (alloc|free)_frozen_pages.* free_slab cache_free alloc_object prepare_alloc_pages
    kmem_cache_(destroy|close|shutdown) get_(any_)?partial\w* free_hot_cold_page\w* free_one_page
    free_memcg_kmem_pages (un)?freeze_partials? discard_slab slob_\w+ init_object
  `,
  /** Formatting and printing. */
  text: list`
    v?printk.* console_(lock|unlock|trylock.*|flush.*|emit.*|cont.*|lock_spinning.*|call_driv.*|write_\w+) va_format
    dev_v?printk_emit dev_(printk|err|warn|info|alert).* vkdb_printf down_trylock_console_sem string(_nocheck)?
    hex_string v?s[cn]*printf format_decode pointer number hex_dump_.* print_hex_dump.*
    (devm_)?(kstrdup|kv?asprintf|kv?memdup).*
    read_word_at_a_time (get_|p)random_\w+ crc\w+ aes\w*_(en|de)crypt xxh.* sha\d+_.*
  `,
  /** Deferred work and waiting, on behalf of the code that set it up. */
  services: list`
    wake_up(_.*)? autoremove_wake_function finish_wait add_wait_queue.* complete(_all|_with_flags)?
    wait_for_(completion|common).* kthread_stop flush_work(queue)?(_.*)? queue_work(_on)? (queue|mod)_delayed_work.*
    current_wq_worker is_chained_work
    insert_work
    cancel_(delayed_)?work.* touch_w\w+_lockdep_map start_flush_work drain_workqueue destroy_workqueue
    work_is_static_object del_timer.* timer_delete.*
    (hr)?timer_(init|setup)\w* init_timer.*
    mod_timer sk_(stop|reset)_timer\w* add_timer(_on)? lock_timer_base try_to_del_timer.* timer_is_static_object
    call_rcu.* init_srcu_.*
    cleanup_srcu_struct reacquire_held_locks kill_fasync kobject_.* kobj_.* klist_.* devres_.*
    (get|put)_device(_.*)? device_(add|del|register|unregister|create|destroy|release).*
    kset_\w+ class_(create|register)\w*
    sysfs_(create|remove|add|delete)_.* add_uevent_var skb_(panic|over_panic|under_panic|put|push|pull|release_data)
    kfree_skb.* copy_to_iter copy_from_iter x86_indirect_thunk.* retpoline_.* warn_bogus_irq_restore seqprop_.*
    ref_tracker_.* iput dput fast_dput drop_nlink mark_buffer_dirty unlock_page folio_(unlock|put|get|end_.*)
    put_page page_frag_free release_pages folios_put_refs phys_addr(_.*)? virt_to_phys virt_addr_valid assertfail
    proc_register hlock_class dma_(map|unmap)_.* bitmap_.* sock_kmalloc cpumask_.* round(up|down)_pow_of_two ilog2
    is_power_of_2
  `,
} as const;

const SLEEPING = list`
    schedule schedule_(timeout|hrtimeout|preempt|bug|debug|idle|rtlock).* schedule_loop.* io_schedule.*
    preempt_schedule.* context_switch switch_to.* do_nanosleep cond_resched.* might_resched sched_text_start
    ret_from_kernel_thread wait_for_(common|completion).* do_wait_for_common
    wait_on_(page|bit|buffer|inode|folio|bit_lock).* bit_wait.* out_of_line_wait_.* prepare_to_wait.*
    wait_(woken|event).* folio_wait_(bit|writeback|locked).* wait_for_common flush_work
    synchronize_(rcu|sched|srcu|net).* wait_rcu_gp.* rcu_barrier blk_wait_io submit_bio_wait cancel_work_sync
    cancel_delayed_work_sync flush_workqueue folio_lock.* lock_page.* wait_on_.* flush_delayed_work
    kthread_stop kthread_park usb_start_wait_urb rcu_barrier_tasks cancel_work mutex_lock.* sched_submit_work
    lock_buffer u?m?sleep(_range|_interruptible)?(_state)? inode_lock.*
  `;

const INTERRUPTS = list`
    (trace_)?apic_timer_interrupt smp_.* sysvec_.* asm_sysvec_.* asm_common_interrupt common_interrupt
    call_function_.*
    irq_(exit|enter|work).* do_(softirq|IRQ).* run_ksoftirqd handle_softirqs call_on_stack do_softirq_own_stack
    hrtimer_.* tick_.* update_process_times run_hrtimer nmi end_repeat_nmi do_nmi exc_nmi default_do_nmi nmi_.*
    trigger_.* arch_trigger_.* rcu_.* print_cpu_stall.* check_cpu_stall.* run_local_timers invoke_rcu_.*
    scheduler_tick sched_tick local_apic_timer_interrupt retint_.* ret_from_intr reschedule_interrupt profile_tick
    watchdog(_\w+)? softlockup_.* raise_softirq.* native_apic_.* csd_lock_wait on_each_cpu.* flush_smp_call.*
    generic_exec_single generic_smp_call_.* multi_cpu_stop stop_machine.*
    flush_tlb_(func|mm_range|all|others|page|multi).* native_flush_tlb.* static_key_.* text_poke.* arch_jump_.*
    jump_label_.* x2apic_.* exc_.* asm_.* timer_(interrupt|tick\w*|handler|softirq\w*|broadcast\w*) call_timer_fn
    expire_timers run_timers? run_timer_.* handle_irq.* entry_.* wake_up_.*klogd.* vprintk.* printk vprintk_.*
    seri?al8250_.* io_serial_.* wait_for_xmitr uart_.* univ8250_.* mem(set|cpy)_.* read_(hpet|tsc) delay_tsc
    const_udelay
    call_softirq el[01]_.* gic_.* handle_.*irq.* generic_handle_.* irq_(svc|usr) arch_timer_.* x86_.*return_thunk
    arch_local_.* daif_local_.* trace_lock_\w+ arch_irq.* raw_local_irq.* rest_init trace_.*irqs_.* local_irq_.*
    native_save_fl native_irq_.*
    native_(read|write)_.* preempt_.* stack_.* kernel_text_address orc_.*
    kvm_(wait|kick_cpu|clock_\w+|sched_clock_\w+|steal_clock|guest_\w+|async_pf_\w+)
    kvm_(flush_tlb_\w+|smp_send_\w+|send_ipi_\w+)
    kvm_(io_delay|get_wallclock) pvclock_.* ktime_get.* sched_clock.* get_.*_usage.*
    in_(nmi|interrupt|lock_functions|sched_functions|entry_stack|irq_stack)
  `;

/** A CPU that is found here does nothing, so it holds up nobody. */
const IDLE = anyOf(list`
    default_idle arch_cpu_idle native_safe_halt acpi_(?:safe_halt|idle_.*) cpuidle_.* do_idle
    cpu_(?:startup_entry|idle.*) intel_idle.* poll_idle pv_native_safe_halt mwait_idle.* amd_e400_idle
    arch_safe_halt
  `);

/** Where no function is to blame: the ways into the kernel, and what every task passes on it. */
const ENTRY = anyOf(list`
    entry_.* ret_from_.* kthread kthreadd worker_thread process_one_work do_syscall_.* syscall_.* x64_sys_call
    system_call.* sysenter_.* start_kernel start_secondary secondary_startup.* x86_64_start.* kernel_init.*
    rest_init int_ret_from_.* el0.* invoke_syscall do_el0_svc asm_.* kernel_thread.* smpboot_thread_fn
    do_fast_syscall.* ia32_.* stub_.* tracesys.* ret_fast_syscall
  `);

/** Functions of the interrupt in which a kernel notices that a CPU stalls, and of what prints it from there. */
const NOTICING = anyOf(list`
    rcu_(sched_clock_irq|check_callbacks|check_gp_kthread_\w+|pending|dump_cpu_stacks|stall_kick_kthreads)
    rcu_dump_\w+ (print|check|panic_on)_(cpu|other|rcu|exp)\w*stall\w* print_cpu_stall_info
    watchdog_(timer_fn|overflow_callback|hardlockup_\w+) watchdog_buddy_\w+
    nmi_(cpu|trigger_cpumask|raise_cpu)_backtrace\w* arch_trigger_\w+ trigger_(all|single)_cpu_\w+ sched_show_task
    dump_cpu_task show_(stack|regs|state)\w* dump_stack\w* update_process_times perf_event_nmi_handler
    x86_pmu_handle_irq intel_pmu_handle_irq \w+_pmu_handle_irq tick_(sched|nohz|periodic)\w*
    rcu_read_unlock_special_stall
  `);

/** Ways into an interrupt: what a trace shows below them is what was interrupted. */
const INTERRUPT_ENTRY = anyOf(list`
    
    (asm_|sysvec_|asm_sysvec_|smp_|trace_|smp_trace_)?(apic_timer_interrupt|reschedule(_ipi|_interrupt)?)
    (asm_|sysvec_|asm_sysvec_|smp_|trace_|smp_trace_)?call_function(_single)?(_interrupt)?
    (asm_)?common_interrupt ret_from_intr asm_exc_nmi exc_nmi end_repeat_nmi nmi do_nmi el1_irq
    el1h_64_irq(_handler)? _{0,2}irq_svc el1_fiq handle_(int|cpu_irq)
    (asm_)?sysvec_(irq_work|thermal|hyperv_\w+|kvm_\w+) xen_(hvm|pv)_\w+upcall\w*
    (decrementer|hardware_interrupt|doorbell_super)_common(_virt)? ext_int_handler io_int_handler call_on_irq_stack
    hyperv_callback_vector xen_do_hypervisor_callback handle_loongarch_irq do_vint timer_interrupt_common
  `);

/** What is blamed decides what is passed over on the way to it. */
export type Passing = 'fault' | 'lock' | 'sleep' | 'stall';

const FAULT = Object.values(FAMILIES).flat();

const PASSED: Readonly<Record<Passing, RegExp>> = {
  fault: whole(FAULT),
  lock: whole([...FAULT, 'schedule.*', 'might_.*', 'cant_.*', 'preempt_count_.*', 'debug_smp_.*', 'this_cpu_.*']),
  sleep: whole([...FAULT, ...SLEEPING]),
  stall: whole([...FAULT, ...SLEEPING, ...INTERRUPTS]),
};

/** Patterns, separated by blanks and line breaks. */
function list({ raw }: TemplateStringsArray): string[] {
  return raw.join('').trim().split(/\s+/);
}

function whole(patterns: readonly string[]): RegExp {
  return anyOf([`_{0,4}(?:${patterns.join('|')})`]);
}

function anyOf(patterns: readonly string[]): RegExp {
  return new RegExp(`^(?:${patterns.join('|')})$`);
}

/** In modules hardly any function only serves: the families are the kernel's own. */
const MODULE_HELPER = anyOf(list`
    ass(ert)?fail(ed)? btrfs_assertfail spl_(panic|dumpstack) libcfs_\w+ lbug_with_loc __asan_\w+ vpanic
  `);

/** True when `func` is only where it shows; `passing` says on the way to whom. */
export function isHelper(func: string, passing: Passing, module: string | null = null): boolean {
  return module === null ? PASSED[passing].test(func.replace(/_noprof$/, '')) : MODULE_HELPER.test(func);
}

/** What a report may still name where there is nothing better: it serves, but it is not in every trace. */
const { allocator, services, pageCache, debugObjects, ...PURE } = FAMILIES;
const PURE_REPORTER = whole(Object.values(PURE).flat());

/** True for what any bug shows in: a name that says nothing. */
export function isPureReporter(func: string): boolean {
  return PURE_REPORTER.test(func);
}

/** True for what runs in the interrupt that notices a stall. */
export function isNoticing(func: string): boolean {
  return NOTICING.test(func);
}

/** True for the way into an interrupt. */
export function isInterruptEntry(func: string): boolean {
  return INTERRUPT_ENTRY.test(func);
}

/** True for the entry into the kernel and the loops under every task. */
export function isEntry(func: string): boolean {
  return ENTRY.test(func);
}

/** True for the idle loop. */
export function isIdle(func: string): boolean {
  return IDLE.test(func);
}

/** The part of jStat that is used here; the package ships no types. */
declare module 'jstat' {
  const jStat: {
    readonly beta: {
      /** Quantile of the beta distribution. */
      inv(p: number, alpha: number, beta: number): number;
    };
  };
  export default jStat;
}

// SPDX-License-Identifier: GPL-2.0-only
/** The part of jStat that is used here; the package ships no types. */
declare module 'jstat' {
  const jStat: {
    readonly gamma: {
      /** Quantile of the gamma distribution. */
      inv(p: number, shape: number, scale: number): number;
    };
    readonly studentt: {
      /** Quantile of Student's t. */
      inv(p: number, degreesOfFreedom: number): number;
    };
    readonly normal: {
      cdf(x: number, mean: number, sd: number): number;
      inv(p: number, mean: number, sd: number): number;
    };
  };
  export default jStat;
}

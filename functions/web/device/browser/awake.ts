/** @file Keeps the screen on while the device is measured, where the browser lets a page do that. */

/** @returns how to let the screen go dark again */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  const take = async () => {
    if (document.hidden) return;
    // Refused on low battery, and absent where the page did not come over https: then the screen stays as it is set.
    lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
  };
  void take();
  // It is lost whenever the page is hidden.
  document.addEventListener('visibilitychange', take);
  return () => {
    document.removeEventListener('visibilitychange', take);
    void lock?.release();
  };
}

// How long something takes, whatever else the machine does: the time that the calling thread computed, and not that in which it waited
// for a processor.

export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

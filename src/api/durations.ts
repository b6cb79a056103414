// Times as FRR writes them: how long a session is up, when a path arrived, how much memory a table takes.
// Plain arithmetic on given values; the time of day comes from the caller.

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const year = 365 * day;

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `01:23:45`, `3d04h05m`, `02w3d04h`, `01y02w3d`. */
export function formatUptime(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const inDay = `${two(Math.floor((total % day) / hour))}`;
  if (total < day) return formatClock(total);
  if (total < week) return `${Math.floor(total / day)}d${inDay}h${two(Math.floor((total % hour) / minute))}m`;
  const weeks = two(Math.floor((total % year) / week));
  const days = Math.floor(((total % year) % week) / day);
  if (total < year) return `${weeks}w${days}d${inDay}h`;
  return `${two(Math.floor(total / year))}y${weeks}w${days}d`;
}

/** `HH:MM:SS` of a duration, hours beyond 24 included. */
export function formatClock(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  return `${two(Math.floor(total / hour))}:${two(Math.floor((total % hour) / minute))}:${two(total % minute)}`;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As C's ctime without the line end, in local time: `Sun Nov  2 19:11:08 2026`. */
export function formatDate(epochSec: number): string {
  const date = new Date(epochSec * 1000);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const dayOfMonth = String(date.getDate()).padStart(2, ' ');
  return `${weekdays[date.getDay()]} ${months[date.getMonth()]} ${dayOfMonth} ${clock} ${date.getFullYear()}`;
}

/** `3072 bytes`, `3620 KiB`, `12 MiB`: the unit grows once there are more than ten of it, rounded to the nearest. */
export function formatMemory(bytes: number): string {
  if (bytes === 1) return '1 byte';
  if (Math.floor(bytes / 2 ** 20) > 10) return `${Math.round(bytes / 2 ** 20)} MiB`;
  if (Math.floor(bytes / 2 ** 10) > 10) return `${Math.round(bytes / 2 ** 10)} KiB`;
  return `${bytes} bytes`;
}

/** Go's duration text as Cilium's tables show it: `1h2m3s`, `12s`. */
export function formatGoDuration(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(total / hour);
  const minutes = Math.floor((total % hour) / minute);
  if (hours > 0) return `${hours}h${minutes}m${total % minute}s`;
  return minutes > 0 ? `${minutes}m${total % minute}s` : `${total}s`;
}

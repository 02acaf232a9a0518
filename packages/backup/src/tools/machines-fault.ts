const words = [
  'No space left on device',
  'Disk quota exceeded',
  'Read-only file system',
  'Permission denied',
  'Operation not permitted',
  'Cannot allocate memory',
  'out of memory',
  'Too many open files',
  'Resource temporarily unavailable',
];

const codes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN'];

const pattern = new RegExp(`${words.join('|')}|\\b(?:${codes.join('|')})\\b`, 'i');

/** Whether what a program complained of is the machine's or its owner's, and so says nothing of what it was given. Source: errno(3). */
export function isMachinesFault(complaint: string): boolean {
  return pattern.test(complaint);
}

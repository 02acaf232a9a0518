/** Whether a framework answers this error with 5xx: a status of 400 to 499 is the client's own doing. An error that cannot be read is not. */
export function isServerError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  try {
    const status = [Reflect.get(error, 'status'), Reflect.get(error, 'statusCode')].find(isStatus);
    return status === undefined || status >= 500;
  } catch {
    return true;
  }
}

/** As Express has it: `{ statusCode: 404, status: 'fail' }` is a 404. */
function isStatus(value: unknown): value is number {
  return typeof value === 'number' && value >= 400 && value < 600;
}

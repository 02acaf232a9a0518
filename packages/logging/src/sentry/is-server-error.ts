/** Whether a framework answers this error with 5xx: a status of 400 to 499 is the client's own doing. */
export function isServerError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true;
  const status = Number(Reflect.get(error, 'status') ?? Reflect.get(error, 'statusCode'));
  return !(status >= 400 && status < 500);
}

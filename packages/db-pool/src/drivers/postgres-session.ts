/**
 * Settings that the decoding of values relies on, whatever the server's or the role's are. With fewer `extra_float_digits` a float is
 * rounded on its way out.
 */
export const postgresSession = `set timezone to 'UTC'; set datestyle to 'ISO, YMD'; set bytea_output to 'hex'; set extra_float_digits to 1`;

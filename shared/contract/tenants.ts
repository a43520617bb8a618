/** @file The two tenants that every database has. */

/** Of the machine that `serve` runs on, and of the command line there. */
export const localTenant = 'local';
/** Owns what everyone may read, and no keys. */
export const publicTenant = 'public';

/** RT_TABLE_* of linux/rtnetlink.h. */
export const TABLE_DEFAULT = 253
export const TABLE_MAIN = 254
export const TABLE_LOCAL = 255

/** Metrics that the kernel gives IPv6 routes (linux/ipv6_route.h): added by a user, added for an address. */
export const METRIC6_USER = 1024
export const METRIC6_KERNEL = 256

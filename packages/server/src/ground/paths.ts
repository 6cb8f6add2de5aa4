/** Where the server is found, as far as no contract says so. */
export const socketPath = '/v1/socket'

/** How the generator tells a profiled server that the measured phase begins, and, sent again, that it is over. */
export const phaseSignal = 'SIGUSR2'

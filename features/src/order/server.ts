/** Serves orders: takes the host's events and tells of them in facts. Knows no play. */
import { defineFeature } from '@qun/core'

export default defineFeature({ name: 'order' })

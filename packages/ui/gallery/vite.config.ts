/** The gallery: the kit with a seeded conversation, for looking at it. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({ root: import.meta.dirname, plugins: [react()], server: { host: '127.0.0.1' } })

/** Builds the member app; the Qun server serves it below /app/. */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  base: '/app/',
  plugins: [react()],
  build: { target: 'es2023', outDir: here('./dist'), emptyOutDir: true, chunkSizeWarningLimit: 700 },
})

/** Builds the demo's front page and the app inside its phones. */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: here('.'),
  plugins: [react()],
  build: {
    target: 'es2023',
    outDir: here('./dist'),
    emptyOutDir: true,
    // The budget is checked over the wire; this line is about surprise, not about size.
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: { input: { index: here('./index.html'), phone: here('./phone.html') } },
  },
})

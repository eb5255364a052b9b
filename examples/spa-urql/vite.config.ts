import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The API permits this origin by its setting CORS_ALLOWED_ORIGINS.
  server: { host: 'localhost', port: 5173, strictPort: true },
});

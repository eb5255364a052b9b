import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // CORS_ALLOWED_ORIGINS of the API must list this origin.
  server: { host: 'localhost', port: 5173, strictPort: true },
});

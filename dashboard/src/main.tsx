// Starts the dashboard: theme before the first paint, then the routes.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { startTheme } from './lib/theme'
import './styles.css'

startTheme()
const client = new QueryClient({
  defaultOptions: { queries: { retry: 1, staleTime: 4_000, refetchOnWindowFocus: false } },
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
)

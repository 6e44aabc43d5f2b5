// Which page stands at which address.
import { Route, Switch } from 'wouter'
import { AlertsPage } from './pages/AlertsPage'
import { ComparePage } from './pages/ComparePage'
import { ConversationPage } from './pages/ConversationPage'
import { ConversationsPage } from './pages/ConversationsPage'
import { DataPage } from './pages/DataPage'
import { EngagementDashboard } from './pages/EngagementDashboard'
import { InspectorPage } from './pages/InspectorPage'
import { PeoplePage } from './pages/PeoplePage'
import { PersonPage } from './pages/PersonPage'
import { PulsePage } from './pages/PulsePage'
import { ReactionsPage } from './pages/ReactionsPage'
import { ReplayPage } from './pages/ReplayPage'
import { ServerPage } from './pages/ServerPage'
import { useParam } from './lib/hooks'
import { Gate } from './shell/Gate'
import { Shell } from './shell/Shell'

export function App() {
  const [stage] = useParam('stage')
  const pages = (
    <Switch>
      <Route path="/">
        <PulsePage />
      </Route>
      <Route path="/live/:session">
        {({ session }) => <EngagementDashboard key={session} session={decode(session)} />}
      </Route>
      <Route path="/replay/:session">
        {({ session }) => <ReplayPage key={session} session={decode(session)} />}
      </Route>
      <Route path="/conversations">
        <ConversationsPage />
      </Route>
      <Route path="/conversations/:session">
        {({ session }) => <ConversationPage key={session} session={decode(session)} />}
      </Route>
      <Route path="/people">
        <PeoplePage />
      </Route>
      <Route path="/people/:user">
        {({ user }) => <PersonPage key={user} user={decode(user)} />}
      </Route>
      <Route path="/reactions">
        <ReactionsPage />
      </Route>
      <Route path="/data">
        <DataPage />
      </Route>
      <Route path="/compare">
        <ComparePage />
      </Route>
      <Route path="/alerts">
        <AlertsPage />
      </Route>
      <Route path="/ingest">
        <InspectorPage />
      </Route>
      <Route path="/server">
        <ServerPage />
      </Route>
      <Route>
        <p className="p-8">There is nothing at this address.</p>
      </Route>
    </Switch>
  )
  return <Gate>{stage === '1' ? pages : <Shell>{pages}</Shell>}</Gate>
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

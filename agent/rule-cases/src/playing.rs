//! From a case to the event that rules see.

use saker_alert::Occurrence;
use saker_audit_source::AuditEvent;
use saker_container_metadata::ContainerInfo;
use saker_process_state::Placement;
use saker_rule_engine::{ContextEvent, Event};
use saker_rule_fields::{Facts, Payload};

use crate::case::{Case, Connection, Happening, PodHappening, Subject};
use crate::cluster;
use crate::container;
use crate::error::{CaseError, Problem};
use crate::scene::{self, Scene};
use crate::world::{Moment, Stage, World};

/// When an event happens that is nothing but fields.
const OCCURRENCE: Occurrence = Occurrence {
    time_wall_ns: 1_700_000_000_000_000_000,
    time_boot_ns: 0,
    cpu: 0,
    sequence: 0,
};

impl Case {
    /// Runs `work` on the case's event.
    ///
    /// # Errors
    ///
    /// [`CaseError::Case`] when its event cannot be built, or it is about a capture.
    pub fn with_event<T>(
        &self,
        stage: &Stage,
        work: impl FnOnce(&dyn Event, &Occurrence) -> T,
    ) -> Result<T, CaseError> {
        match &self.subject {
            Subject::Fields(event) => Ok(work(event, &OCCURRENCE)),
            Subject::Request(request) => Ok(self.with_request(request, stage, work)),
            Subject::Connection(connection) => self
                .with_connection(connection, stage, work)
                .map_err(|problem| self.error(problem)),
            Subject::Pod(happening) => Ok(self.with_pod(happening, stage, work)),
            Subject::Capture(_) => Err(self.error(Problem::NotOneEvent)),
            Subject::Happening(happening) => self
                .with_happening(happening, stage, work)
                .map_err(|problem| self.error(problem)),
        }
    }

    /// The case's event with the processes around it; nothing for one without processes, and for a
    /// capture.
    ///
    /// # Errors
    ///
    /// [`CaseError::Case`] when its event cannot be built.
    pub fn world(&self) -> Result<Option<World>, CaseError> {
        match &self.subject {
            Subject::Fields(_) | Subject::Request(_) | Subject::Pod(_) | Subject::Capture(_) => {
                Ok(None)
            }
            Subject::Connection(connection) => self
                .world_of_connection(connection)
                .map(Some)
                .map_err(|problem| self.error(problem)),
            Subject::Happening(happening) => self
                .world_of_happening(happening)
                .map(Some)
                .map_err(|problem| self.error(problem)),
        }
    }

    pub(crate) fn error(&self, problem: Problem) -> CaseError {
        CaseError::Case {
            place: self.place.clone(),
            case: self.name.clone(),
            problem: Box::new(problem),
        }
    }

    fn world_of_happening(&self, happening: &Happening) -> Result<World, Problem> {
        let scene = scene::build(happening)?;
        Ok(played(scene, happening)?.under(self.rego.as_ref()))
    }

    fn world_of_connection(&self, connection: &Connection) -> Result<World, Problem> {
        let scene = scene::processes(&connection.owner)?;
        Ok(played(scene, &connection.owner)?.under(self.rego.as_ref()))
    }

    fn with_connection<T>(
        &self,
        connection: &Connection,
        stage: &Stage,
        work: impl FnOnce(&dyn Event, &Occurrence) -> T,
    ) -> Result<T, Problem> {
        let world = self.world_of_connection(connection)?;
        let owner = world.moments().first().map(Moment::process);
        let context = world.context(stage, Payload::Flow(&connection.event), owner);
        let seen = ContextEvent::new(stage.fields(), &context);
        Ok(work(&seen, &Occurrence::of(&context)))
    }

    fn with_request<T>(
        &self,
        request: &AuditEvent,
        stage: &Stage,
        work: impl FnOnce(&dyn Event, &Occurrence) -> T,
    ) -> T {
        let nobody = World::empty().under(self.rego.as_ref());
        let context = nobody.context(stage, Payload::K8sAudit(request), None);
        let seen = ContextEvent::new(stage.fields(), &context);
        work(&seen, &Occurrence::of(&context))
    }

    fn with_pod<T>(
        &self,
        happening: &PodHappening,
        stage: &Stage,
        work: impl FnOnce(&dyn Event, &Occurrence) -> T,
    ) -> T {
        let facts = cluster::told(Facts::none(), &happening.objects);
        let nobody = World::empty().with_facts(facts).under(self.rego.as_ref());
        let context = nobody.context(stage, Payload::Pod(&happening.event), None);
        let seen = ContextEvent::new(stage.fields(), &context);
        work(&seen, &Occurrence::of(&context))
    }

    fn with_happening<T>(
        &self,
        happening: &Happening,
        stage: &Stage,
        work: impl FnOnce(&dyn Event, &Occurrence) -> T,
    ) -> Result<T, Problem> {
        let world = self.world_of_happening(happening)?;
        let [moment] = world.moments() else {
            return Err(Problem::NoEvent);
        };
        let event = moment.event()?;
        let context = world.context(stage, Payload::Syscall(&event), Some(moment.process()));
        let seen = ContextEvent::new(stage.fields(), &context);
        Ok(work(&seen, &Occurrence::of(&context)))
    }
}

fn played(scene: Scene, happening: &Happening) -> Result<World, Problem> {
    let world = World::play(scene.cgroups, &scene.before, [scene.event])?;
    let process = world.moments().first().map(Moment::process);
    let placement = process.map(|process| &process.placement);
    let facts = match (&happening.container, placement) {
        (None, _) => Facts::none(),
        (Some(info), Some(Placement::Container(place))) => {
            container::facts(place, ContainerInfo::clone(info))
        }
        (Some(_), _) => return Err(Problem::NoContainer),
    };
    let facts = match &happening.objects {
        None => facts,
        Some(objects) => cluster::told(facts, objects),
    };
    Ok(world.with_facts(facts))
}

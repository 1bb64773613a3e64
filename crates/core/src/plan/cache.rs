//! The cache of plans, by structure. Two generations bound it: when the young one is full it becomes the old one; a hit in the old one
//! moves back.

use crate::plan::Plan;
use lazulite_base::key::Key;
use rustc_hash::FxHashMap as HashMap;
use std::sync::Arc;
use std::sync::Mutex;

/// Nodes of planned graphs that a generation holds.
const BOUND: usize = 1 << 18;

struct Generations {
    young: Option<HashMap<Key, Arc<Plan>>>,
    old: Option<HashMap<Key, Arc<Plan>>>,
    nodes: usize,
}

static CACHE: Mutex<Generations> = Mutex::new(Generations { young: None, old: None, nodes: 0 });

impl Generations {
    fn insert(&mut self, key: Key, plan: Arc<Plan>) {
        self.nodes += plan.nodes + 16;
        if self.nodes > BOUND {
            self.old = self.young.take();
            self.nodes = plan.nodes + 16;
        }
        self.young.get_or_insert_default().insert(key, plan);
    }
}

/// The plan of the structure, if it is known.
pub(crate) fn get(key: Key) -> Option<Arc<Plan>> {
    let mut cache = CACHE.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(plan) = cache.young.as_ref().and_then(|m| m.get(&key)) {
        return Some(plan.clone());
    }
    let plan = cache.old.as_mut().and_then(|m| m.remove(&key))?;
    cache.insert(key, plan.clone());
    Some(plan)
}

/// Keeps a plan.
pub(crate) fn put(key: Key, plan: Arc<Plan>) {
    CACHE.lock().unwrap_or_else(|e| e.into_inner()).insert(key, plan);
}

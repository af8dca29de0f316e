//! The alert model and its renderings.

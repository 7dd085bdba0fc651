//! People, sign-in and sessions over real stores, at the crate's public face.

mod factor;
mod fixture;
mod glass;
mod invitations;
mod passwords;
mod sessions;
mod sign_in;

//! What every engine must do, from outside: each case runs on all of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod basics;
mod chain;
mod concurrency;
mod decay;
mod engines;
mod files;
mod isolation;
mod lab;
mod lifecycle;
mod model;
mod power;
mod quota;
mod tampering;

/// Makes a test of each case on each engine.
macro_rules! on_every_engine {
    ($($module:ident: $($case:ident),+;)+) => {
        on_every_engine!(@ memory Memory $($module: $($case),+;)+);
        on_every_engine!(@ redb Redb $($module: $($case),+;)+);
        on_every_engine!(@ sled Sled $($module: $($case),+;)+);
    };
    (@ $engine:ident $kind:ident $($module:ident: $($case:ident),+;)+) => {
        mod $engine {
            $(mod $module {
                $(#[test]
                fn $case() {
                    crate::lab::run(signalsync_store::EngineKind::$kind, crate::$module::$case);
                })+
            })+
        }
    };
}

on_every_engine! {
    basics:
        a_transaction_reads_its_own_writes,
        pages_go_on_where_they_ended,
        a_page_ends_by_bytes_too,
        rows_of_all_lengths,
        a_savepoint_undoes_writes_only,
        a_log_keeps_its_newest,
        a_log_shrinks_when_its_limit_does,
        versions_number_the_commits,
        a_snapshot_does_not_move;
    chain:
        entries_are_numbered_without_gaps_whoever_writes,
        what_is_rolled_back_is_not_in_the_chain,
        links_come_newest_first_in_pages,
        every_change_behind_the_stores_back_is_found;
    model: transactions_are_serialisable;
    concurrency:
        no_update_is_lost,
        no_phantom_slips_in,
        readers_see_whole_commits,
        an_operation_is_repeated_a_few_times,
        a_named_request_has_its_effect_once,
        a_blind_write_never_conflicts,
        a_caller_that_goes_away_commits_all_the_same;
    files:
        contents_of_all_lengths,
        a_part_is_read_from_anywhere,
        a_staged_file_belongs_to_nobody_until_committed,
        a_file_is_as_atomic_as_a_row,
        an_older_snapshot_reads_the_older_content,
        a_rolled_back_file_leaves_nothing,
        the_disk_shows_neither_names_nor_contents;
    quota: who_has_used_up_its_disk_can_only_make_room;
    isolation:
        tenants_do_not_see_each_other,
        neighbouring_names_do_not_see_each_other;
    lifecycle:
        few_stores_are_open_and_none_in_use_closes,
        an_unknown_tenant_has_no_store,
        a_destroyed_tenant_is_gone_for_everyone,
        a_new_tenant_under_an_old_id_is_empty;
}

using Steward.Engines.Orchestration;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>One append to a run's journal: the records, the facts among them, and what it does to the journal's head.</summary>
internal sealed class RunAppend
{
    public List<JournalRecord> Records { get; } = [];

    /// <summary>The fact of each record; null for the owner's own records.</summary>
    public List<RunFact?> Facts { get; } = [];

    public bool? Open { get; set; }

    public JournalWake? Wake { get; set; }

    /// <summary>Adds a record.</summary>
    public RunAppend With(JournalRecord record, RunFact? fact)
    {
        Records.Add(record);
        Facts.Add(fact);
        return this;
    }
}

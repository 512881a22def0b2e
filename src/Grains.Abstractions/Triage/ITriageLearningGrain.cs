using Orleans.Concurrency;

namespace Steward.Triage;

/// <summary>
/// Makes a tenant's heads: nightly, off-peak, from the labels of that tenant only. Key: <c>t-acme/i-triage-learning</c>. It trains challengers, compares them with the champion on a frozen set, lets a canary answer a
/// share of the tickets, promotes it, and goes back when people override it more often. What it has done so far is durable: after a loss it goes on where it stood.
/// </summary>
[Alias("steward.triage-learning")]
public interface ITriageLearningGrain : IGrainWithStringKey
{
    /// <summary>Starts a training now, or names the one that is under way. Admins, and the platform.</summary>
    [Alias("start")]
    Task<TriageTraining> Start(CancellationToken cancellationToken = default);

    /// <summary>The last trainings, newest first, each with its figures and why it ended as it did; at most 30.</summary>
    [Alias("list")]
    [AlwaysInterleave] // Safe: returns what was last saved.
    Task<IReadOnlyList<TriageTraining>> List(CancellationToken cancellationToken = default);

    /// <summary>What is known of drift, label noise and heads' overrides. Admins and auditors.</summary>
    [Alias("get-health")]
    [AlwaysInterleave] // Safe: returns what was last saved.
    Task<TriageHealth> GetHealth(CancellationToken cancellationToken = default);

    /// <summary>Sees to what is due: the nightly training, a canary's end. The watchdog calls it; the platform only. Idempotent.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);
}

/// <summary>
/// Reads a file of old tickets and their groups into a tenant's labels. Key: <c>t-acme/m-…</c>. The rows are durable before the import starts, it goes on after a loss, and no row counts twice.
/// </summary>
[Alias("steward.triage-import")]
public interface ITriageImportGrain : IGrainWithStringKey
{
    /// <summary>Takes the file's next part; parts are numbered from 0 and come in order; the same part again is harmless. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>; <c>conflict</c> for a part out of order or an import that has ended; <c>limit_reached</c>.</exception>
    [Alias("add-part")]
    Task<TriageImport> AddPart(int number, byte[] part, bool isLast, CancellationToken cancellationToken = default);

    /// <summary>How far it is; null when there is none.</summary>
    [Alias("get")]
    [AlwaysInterleave] // Safe: returns what was last saved.
    Task<TriageImport?> Get(CancellationToken cancellationToken = default);

    /// <summary>Ends it; rows that were read stay. Idempotent. Admins only.</summary>
    [Alias("cancel")]
    Task<TriageImport> Cancel(CancellationToken cancellationToken = default);

    /// <summary>Goes on after a loss. The watchdog calls it; the platform only. Idempotent.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);
}

namespace Steward.Engines.Sandboxing;

/// <summary>A second opinion on code that the validator allows, of a model for example. It can only refuse, never allow.</summary>
public interface ICodeReviewer
{
    /// <summary>Reads the code of a job before it runs. What this throws counts as no objection: isolation relies on neither opinion.</summary>
    /// <param name="job">The job; nothing of it has run.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Why it must not run; empty when nothing is said against it; null when nobody could be asked, which is no objection either.</returns>
    Task<IReadOnlyList<CodeFinding>?> ReviewAsync(SandboxJob job, CancellationToken cancellationToken);
}

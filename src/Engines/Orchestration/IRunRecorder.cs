namespace Steward.Engines.Orchestration;

/// <summary>Where the engine records what happens. The owner of the run implements it on a journal.</summary>
public interface IRunRecorder
{
    /// <summary>The fold of all facts recorded so far.</summary>
    RunSnapshot Snapshot { get; }

    /// <summary>
    /// Appends the facts, all or none, in this order; returns once they are durable and folded into <see cref="Snapshot"/>.
    /// May be called from several threads at once.
    /// </summary>
    /// <exception cref="Exception">They are not durable, or nobody knows: the engine stops working on this run at once.</exception>
    ValueTask RecordAsync(IReadOnlyList<RunFact> facts, CancellationToken cancellationToken) => RecordAsync(facts, [], cancellationToken);

    /// <summary>The same; the contents that the facts refer to by hash become durable with them. Those that are stored already cost nothing.</summary>
    ValueTask RecordAsync(IReadOnlyList<RunFact> facts, IReadOnlyList<RunContent> contents, CancellationToken cancellationToken);

    /// <summary>A content that a fact refers to, or null when retention has removed it.</summary>
    ValueTask<ReadOnlyMemory<byte>?> LoadContentAsync(string hash, CancellationToken cancellationToken);
}

/// <summary>Content that facts refer to by its hash: prompts, large results, pinned definitions.</summary>
/// <param name="Hash">SHA-256 in lower-case hexadecimal.</param>
/// <param name="Bytes">The content.</param>
public sealed record RunContent(string Hash, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>
    /// Whether it holds nothing of what anybody said or was told, such as a definition or a list of tools: then all runs of the tenant share it. Everything else belongs to its conversation and goes with it. Default false.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>Computes the hash.</summary>
    public static RunContent Of(ReadOnlyMemory<byte> bytes) => new(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.Span)), bytes);
}

using Steward.Errors;
using Steward.Sandbox;

namespace Steward.Client;

/// <summary>Code of a person, run in sandboxes. Reached through <see cref="IStewardUserClient.Sandbox"/>. Everybody sees their own executions only.</summary>
public interface ISandboxClient
{
    /// <summary>Code that worked, as examples for the tenant's agents.</summary>
    ISnippetClient Snippets { get; }

    /// <summary>Asks for code to be run once and returns at once; the wish is durable then. Idempotent by <paramref name="operationId"/>.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="operationId">1 to 130 visible characters; null draws one, so that repetitions inside the client are the same execution.</param>
    /// <param name="cancellationToken">Stops waiting; the execution may have begun.</param>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    Task<SandboxExecution> StartAsync(StartSandboxExecution command, string? operationId = null, CancellationToken cancellationToken = default);

    /// <summary>An execution, with its result once it has ended.</summary>
    /// <exception cref="StewardException"><c>not_found</c>.</exception>
    Task<SandboxExecution> GetAsync(string executionId, CancellationToken cancellationToken = default);

    /// <summary>The events after a sequence number, then those to come, until the execution has ended. Survives the loss of a silo: then its end is the next event.</summary>
    /// <exception cref="StewardException"><c>not_found</c>.</exception>
    IAsyncEnumerable<SandboxEvent> WatchAsync(string executionId, long afterSequence = 0, CancellationToken cancellationToken = default);

    /// <summary>Stops an execution. Idempotent.</summary>
    /// <exception cref="StewardException"><c>not_found</c>.</exception>
    Task<SandboxExecution> CancelAsync(string executionId, CancellationToken cancellationToken = default);

    /// <summary>The bytes of a file of an execution.</summary>
    /// <exception cref="StewardException"><c>not_found</c>.</exception>
    Task<byte[]> ReadFileAsync(string executionId, string name, CancellationToken cancellationToken = default);
}

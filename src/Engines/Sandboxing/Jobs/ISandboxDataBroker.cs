using System.Text.Json;

namespace Steward.Engines.Sandboxing;

/// <summary>
/// Answers what the module <c>steward</c> asks from inside. Who asks is known from the job alone; nothing the code sends says it. Every argument is hostile.
/// Calls of one execution come one at a time; they are cancelled when the execution ends. An exception answers the code with <c>internal_error</c> and no text.
/// </summary>
public interface ISandboxDataBroker
{
    /// <summary><c>steward.sql(query, params)</c>: one statement with its parameters, an array or an object.</summary>
    Task<SandboxDataResult> SqlAsync(SandboxJob job, string query, JsonElement parameters, CancellationToken cancellationToken);

    /// <summary><c>steward.connector(action, **args)</c>: one operation of a connector with an object of arguments.</summary>
    Task<SandboxDataResult> ConnectorAsync(SandboxJob job, string action, JsonElement arguments, CancellationToken cancellationToken);

    /// <summary><c>steward.file(name)</c>: a file that the person may read.</summary>
    Task<SandboxDataResult> FileAsync(SandboxJob job, string name, CancellationToken cancellationToken);
}

/// <summary>An answer to the code: exactly one of table, value, content and error is set. More than 8 MiB as JSON becomes the error <c>too_large</c>.</summary>
public sealed record SandboxDataResult
{
    /// <summary>Becomes a data frame.</summary>
    public SandboxTable? Table { get; private init; }

    /// <summary>Becomes a value of dictionaries, lists and scalars.</summary>
    public JsonElement? Value { get; private init; }

    /// <summary>Becomes bytes.</summary>
    public ReadOnlyMemory<byte>? Content { get; private init; }

    /// <summary>A stable word: the code sees <c>steward.DataError</c> with it.</summary>
    public string? ErrorCode { get; private init; }

    /// <summary>A sentence that is safe to show to the code.</summary>
    public string? ErrorMessage { get; private init; }

    /// <summary>Answers with a table.</summary>
    public static SandboxDataResult Of(SandboxTable table) => new() { Table = table };

    /// <summary>Answers with a JSON value.</summary>
    public static SandboxDataResult Of(JsonElement value) => new() { Value = value };

    /// <summary>Answers with bytes.</summary>
    public static SandboxDataResult Of(ReadOnlyMemory<byte> content) => new() { Content = content };

    /// <summary>Refuses, or says that it failed.</summary>
    public static SandboxDataResult Failed(string code, string message) => new() { ErrorCode = code, ErrorMessage = message };
}

/// <summary>A broker that has no data: every question is answered with <c>no_data</c>.</summary>
public sealed class NoData : ISandboxDataBroker
{
    private static readonly Task<SandboxDataResult> Answer = Task.FromResult(SandboxDataResult.Failed("no_data", "This execution has no access to data."));

    private NoData()
    {
    }

    /// <summary>The only one.</summary>
    public static NoData Instance { get; } = new();

    /// <inheritdoc />
    public Task<SandboxDataResult> SqlAsync(SandboxJob job, string query, JsonElement parameters, CancellationToken cancellationToken) => Answer;

    /// <inheritdoc />
    public Task<SandboxDataResult> ConnectorAsync(SandboxJob job, string action, JsonElement arguments, CancellationToken cancellationToken) => Answer;

    /// <inheritdoc />
    public Task<SandboxDataResult> FileAsync(SandboxJob job, string name, CancellationToken cancellationToken) => Answer;
}

using System.Text.Json;

namespace Steward.Engines.Sandboxing.Tests;

/// <summary>Says when the code was handed over.</summary>
internal sealed class StartSink(Action started) : ISandboxOutputSink
{
    public void Queued(int position)
    {
    }

    public void Started(string provider) => started();

    public void Text(string text)
    {
    }
}

/// <summary>Answers questions for data with what it was asked.</summary>
internal sealed class TableBroker : ISandboxDataBroker
{
    public List<string> Asked { get; } = [];

    public Task<SandboxDataResult> SqlAsync(SandboxJob job, string query, JsonElement parameters, CancellationToken cancellationToken)
    {
        Asked.Add($"{job.Tenant} {query} {JsonSerializer.Serialize(parameters)}");
        return Task.FromResult(SandboxDataResult.Of(new SandboxTable
        {
            Columns = [new SandboxColumn("n", "integer"), new SandboxColumn("d", "datetime")],
            Rows = JsonSerializer.SerializeToElement(new object[][] { [1, "2025-01-01T00:00:00"], [2, "2026-01-01T00:00:00"] }),
        }));
    }

    public Task<SandboxDataResult> ConnectorAsync(SandboxJob job, string action, JsonElement arguments, CancellationToken cancellationToken) =>
        action == "boom" ? throw new InvalidOperationException("password=hunter2") : Task.FromResult(SandboxDataResult.Of(arguments));

    public Task<SandboxDataResult> FileAsync(SandboxJob job, string name, CancellationToken cancellationToken) =>
        Task.FromResult(name == "secret" ? SandboxDataResult.Failed("denied", "You may not read it.") : SandboxDataResult.Of(new ReadOnlyMemory<byte>("content"u8.ToArray())));
}

/// <summary>Has files that fit no pipe.</summary>
internal sealed class LargeFiles : ISandboxDataBroker
{
    private int _asked;

    public int Asked => Volatile.Read(ref _asked);

    public Task<SandboxDataResult> SqlAsync(SandboxJob job, string query, JsonElement parameters, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<SandboxDataResult> ConnectorAsync(SandboxJob job, string action, JsonElement arguments, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<SandboxDataResult> FileAsync(SandboxJob job, string name, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        return Task.FromResult(SandboxDataResult.Of(new ReadOnlyMemory<byte>(new byte[6 << 20])));
    }
}

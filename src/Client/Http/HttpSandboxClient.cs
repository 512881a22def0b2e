using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Steward.Errors;
using Steward.Sandbox;

namespace Steward.Client.Http;

/// <summary>The caller's executions over a gateway's HTTP API.</summary>
internal sealed class HttpSandboxClient(HttpStewardUserClient http, RetryingCaller caller, TimeProvider time) : ISandboxClient
{
    private const string Root = "v1/sandbox/executions";
    private const int MaxFailures = 8;

    private static readonly SandboxWireJson Json = SandboxWireJson.Default;
    private static readonly SandboxWireJson Answers = SandboxWireJson.Forgiving;

    /// <inheritdoc/>
    public ISnippetClient Snippets => field ??= new HttpSnippetClient(http);

    /// <inheritdoc/>
    public Task<SandboxExecution> StartAsync(StartSandboxExecution command, string? operationId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (operationId is not null)
        {
            InputRules.OperationId(operationId);
        }

        var request = new StartExecutionRequest
        {
            Language = command.Language,
            Code = command.Code,
            Files = [.. command.Files.Select(file => new ExecutionFileRequest { Name = file.Name, Content = file.Content })],
            Background = command.IsBackground,
            OperationId = operationId ?? "op-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
        };
        return SendAsync("sandbox.start", changes: true, () => new HttpRequestMessage(HttpMethod.Post, Root) { Content = HttpStewardUserClient.Body(request, Json.StartExecutionRequest) }, cancellationToken, isLong: true);
    }

    /// <inheritdoc/>
    public Task<SandboxExecution> GetAsync(string executionId, CancellationToken cancellationToken = default)
    {
        var path = Place(executionId);
        return SendAsync("sandbox.get", changes: false, () => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SandboxExecution> CancelAsync(string executionId, CancellationToken cancellationToken = default)
    {
        var path = Place(executionId) + "/cancel";
        return SendAsync("sandbox.cancel", changes: true, () => new HttpRequestMessage(HttpMethod.Post, path), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<byte[]> ReadFileAsync(string executionId, string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var path = $"{Place(executionId)}/files/{Uri.EscapeDataString(name)}";
        return http.ReadBytesAsync("sandbox.read-file", () => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SandboxEvent> WatchAsync(string executionId, long afterSequence = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        var path = Place(executionId) + "/events";
        var (last, failures) = (afterSequence, 0);
        while (true)
        {
            Exception? failure = null;
            var before = last;
            await using var events = http.ReadEventsAsync(path, last, static (_, data) => HttpStewardUserClient.Parse(data, Answers.ExecutionEventResource), cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await events.MoveNextAsync())
                    {
                        break;
                    }
                }
#pragma warning disable CA1031 // Each failure becomes either a resumption or the one kind of error that callers know.
                catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    failure = exception;
                    break;
                }

                var next = SandboxWireMapping.ToContract(events.Current);
                (last, failures) = (next.Sequence, 0);
                yield return next;
                if (next.EndsExecution)
                {
                    yield break;
                }
            }

            // The gateway ends a stream without its last event when all was seen before, and when it goes down itself.
            if (failure is null && last == before && (await GetAsync(executionId, cancellationToken)).IsDestroyed)
            {
                yield break;
            }

            if (failure is not null && !caller.IsTransient(failure) || failures >= MaxFailures)
            {
                throw CallFailures.ToError(failure ?? HttpStewardUserClient.Unreadable(), changes: false);
            }

            await Task.Delay(caller.DelayAfter(failures++, failure), time, cancellationToken);
        }
    }

    private static string Place(string executionId)
    {
        ArgumentException.ThrowIfNullOrEmpty(executionId);
        return $"{Root}/{Uri.EscapeDataString(executionId)}";
    }

    private async Task<SandboxExecution> SendAsync(string operation, bool changes, Func<HttpRequestMessage> request, CancellationToken cancellationToken, bool isLong = false)
    {
        try
        {
            return SandboxWireMapping.ToContract(await http.SendAsync(operation, changes, request, Answers.ExecutionResource, cancellationToken, isLong: isLong));
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw HttpStewardUserClient.Unreadable(exception);
        }
    }
}

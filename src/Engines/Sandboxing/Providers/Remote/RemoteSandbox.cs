using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.Remote;

/// <summary>
/// Code on another machine, asked over HTTP. <c>GET v1/health</c> answers with 200 when the service can run code; <c>POST v1/executions</c> runs one job and streams lines (<see cref="RemoteWire"/>); closing the
/// connection and <c>DELETE v1/executions/{id}</c> kill it. A result counts when it bears the service's signature for this very request. Code there has its input files; its questions for data come as signed lines, too, and <c>POST v1/executions/{id}/answers</c> takes their answers.
/// </summary>
public sealed partial class RemoteSandbox(IHttpClientFactory clients, IOptions<RemoteSandboxOptions> options, TimeProvider clock, ILogger<RemoteSandbox> logger) : ISandboxProvider
{
    /// <summary>The name of the HTTP client in the factory.</summary>
    public const string ClientName = "steward-sandbox-remote";

    private static readonly TimeSpan HealthPatience = TimeSpan.FromSeconds(5);
    private readonly RemoteSandboxOptions _options = options.Value;

    /// <inheritdoc />
    public string Name => "remote";

    /// <inheritdoc />
    public SandboxTier Tier => SandboxTier.Remote;

    /// <inheritdoc />
    public SandboxAvailability Availability { get; private set; } = Off("The remote sandbox has not been asked yet.");

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_options.Address is null)
        {
            Availability = Off("No remote sandbox is configured: set its address and key.");
            return;
        }

        try
        {
            using var limit = new CancellationTokenSource(HealthPatience, clock);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            using var request = Request(HttpMethod.Get, "v1/health");
            using var client = clients.CreateClient(ClientName);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            Availability = response.IsSuccessStatusCode
                ? new SandboxAvailability { IsAvailable = true, MultiTenant = true, Layers = [new SandboxLayer("remote", true, "on another machine, which keeps its own layers")] }
                : Off($"The remote sandbox answers with status {(int)response.StatusCode}.");
        }
        catch (Exception exception) when (IsTrouble(exception) && !cancellationToken.IsCancellationRequested)
        {
            Availability = Off("The remote sandbox cannot be reached.");
            LogTrouble(exception, "health");
        }
    }

    /// <inheritdoc />
    public void KeepWarm(SandboxProfile profile, int count)
    {
        // The service knows its own load.
    }

    /// <inheritdoc />
    public int Warm(SandboxProfile profile) => 0;

    /// <inheritdoc />
    public async Task<SandboxOutcome> RunAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (SandboxJobRules.Problem(job) is { } problem)
        {
            return new SandboxOutcome { Status = SandboxStatus.Refused, Code = SandboxCodes.InvalidJob, Reason = problem };
        }

        if (_options.Address is null)
        {
            return new SandboxOutcome { Status = SandboxStatus.Refused, Code = SandboxCodes.NotAvailable, Reason = Availability.Remedy ?? "" };
        }

        var id = "r-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        using var limit = new CancellationTokenSource(job.Limits.WallTime + _options.Patience, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        SandboxOutcome outcome;
        try
        {
            outcome = await ExchangeAsync(job, id, output, data, linked.Token);
            if (outcome.Code != SandboxCodes.Lost)
            {
                return outcome;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            outcome = Ended(SandboxStatus.Cancelled, SandboxCodes.Cancelled, "The execution was cancelled.");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            outcome = Ended(SandboxStatus.TimedOut, SandboxCodes.TimedOut, $"The remote sandbox did not end within {job.Limits.WallTime.TotalSeconds:0.#} seconds and the time for its answer.");
        }
        catch (Exception exception) when (IsTrouble(exception))
        {
            LogTrouble(exception, job.ExecutionId);
            Availability = Off("The remote sandbox cannot be reached.");
            outcome = Ended(SandboxStatus.Failed, SandboxCodes.Lost, "The remote sandbox was lost; the code may have run in part.");
        }

        await KillAsync(id);
        return outcome;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<SandboxOutcome> ExchangeAsync(SandboxJob job, string id, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken)
    {
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        using var request = Request(HttpMethod.Post, "v1/executions");
        request.Content = new ByteArrayContent(RemoteWire.Request(job, id, nonce)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var client = clients.CreateClient(ClientName);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return new SandboxOutcome { Status = SandboxStatus.Refused, Code = SandboxCodes.NotAvailable, Reason = $"The remote sandbox did not take the code: status {(int)response.StatusCode}." };
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var lines = new BoundedLines(body, RemoteWire.LongestLine(job.Limits));
        var text = new StringBuilder();
        var (room, cut, questions) = (job.Limits.TextBytes, false, 0);
        try
        {
            while (await lines.NextAsync(cancellationToken) is { } line)
            {
                using var document = JsonDocument.Parse(line);
                var root = document.RootElement;
                switch (root.GetProperty("t").GetString())
                {
                    case "started":
                        output.Started(Name);
                        break;
                    case "text":
                        var more = root.GetProperty("text").GetString() ?? "";
                        var size = Encoding.UTF8.GetByteCount(more);
                        cut |= size > room;
                        if (!cut)
                        {
                            room -= size;
                            text.Append(more);
                            output.Text(more);
                        }

                        break;
                    case "ask":
                        // Data leaves this machine on it: that the address answers is not enough.
                        var question = root.GetProperty("body").GetString() ?? "";
                        if (!RemoteWire.IsSigned(_options.Key, RemoteWire.AskNonce(nonce, ++questions), question, root.GetProperty("mac").GetString() ?? ""))
                        {
                            return Ended(SandboxStatus.Failed, SandboxCodes.Lost, "A question for data does not bear the signature of the remote sandbox; it was not answered.");
                        }

                        await AnswerAsync(job, id, questions, Encoding.UTF8.GetBytes(question), data, cancellationToken);
                        break;
                    case "end":
                        var signed = root.GetProperty("body").GetString() ?? "";
                        return RemoteWire.IsSigned(_options.Key, nonce, signed, root.GetProperty("mac").GetString() ?? "")
                            ? RemoteWire.Outcome(signed, job, Name, text.ToString(), cut)
                            : Ended(SandboxStatus.Failed, SandboxCodes.Lost, "The result does not bear the signature of the remote sandbox and was dropped.");
                    default:
                        throw new FormatException("An unknown line.");
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            LogTrouble(exception, job.ExecutionId);
            return Ended(SandboxStatus.Failed, SandboxCodes.Lost, "The answer of the remote sandbox is too large or cannot be read; it was dropped.");
        }

        return Ended(SandboxStatus.Failed, SandboxCodes.Lost, "The remote sandbox ended its answer before the result; the code may have run in part.");
    }

    private async Task AnswerAsync(SandboxJob job, string id, int call, byte[] question, ISandboxDataBroker data, CancellationToken cancellationToken)
    {
        var result = call > job.Limits.DataCalls
            ? SandboxDataResult.Failed("too_many_calls", "This execution may not ask for data again.")
            : await DataQuestions.AskAsync(job, data, question, LogBrokerFailed, cancellationToken);
        var (kind, payload) = WireShapes.Answer(result);
        using var request = Request(HttpMethod.Post, $"v1/executions/{id}/answers");
        request.Content = new ByteArrayContent(RemoteWire.Answer(call, kind, payload)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var client = clients.CreateClient(ClientName);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private async Task KillAsync(string id)
    {
        try
        {
            using var limit = new CancellationTokenSource(HealthPatience, clock);
            using var request = Request(HttpMethod.Delete, "v1/executions/" + id);
            using var client = clients.CreateClient(ClientName);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception exception) when (IsTrouble(exception))
        {
            LogTrouble(exception, id);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path) =>
        new(method, new Uri(new Uri(_options.Address!.AbsoluteUri.TrimEnd('/') + "/"), path)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", _options.Key) } };

    private SandboxOutcome Ended(SandboxStatus status, string code, string reason) => new() { Status = status, Code = code, Reason = reason, Provider = Name };

    private static bool IsTrouble(Exception exception) => exception is HttpRequestException or IOException or OperationCanceledException;

    private static SandboxAvailability Off(string remedy) => new() { IsAvailable = false, Remedy = remedy };

    [LoggerMessage(Level = LogLevel.Error, Message = "The data broker failed for execution {ExecutionId}")]
    private partial void LogBrokerFailed(Exception exception, string executionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The remote sandbox failed for {Execution}")]
    private partial void LogTrouble(Exception exception, string execution);
}

using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>One event on its way to one receiver.</summary>
internal sealed record HookDelivery
{
    public required SimSystem System { get; init; }

    public required string EventType { get; init; }

    public required string EventId { get; init; }

    public required Uri Url { get; init; }

    /// <summary>Builds the request of an attempt (from 1) with the reason why the one before failed.</summary>
    public required Func<int, string?, HttpRequestMessage> Request { get; init; }

    /// <summary>How long the product waits for the answer.</summary>
    public required TimeSpan AnswerWithin { get; init; }

    /// <summary>How long the product waits before each further attempt.</summary>
    public IReadOnlyList<TimeSpan> Retries { get; init; } = [];
}

/// <summary>A system that tells others about its events.</summary>
internal interface IHasHooks
{
    /// <summary>Makes a receiver known, with the product's handshake; null if that went well, otherwise what went wrong.</summary>
    Task<string?> SubscribeAsync(Uri url, string? secret, CancellationToken cancellationToken);

    /// <summary>Sends an event to all receivers. Callers hold the system's lock.</summary>
    void Emit(string type, JsonObject content, DateTimeOffset now);
}

/// <summary>
/// Sends events in the order in which they came about. What a receiver does not take in time is sent again as the product does;
/// planned faults double, hold back or lose events.
/// </summary>
internal sealed class HookSender : IAsyncDisposable
{
    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false });
    private readonly Channel<HookDelivery> queue = Channel.CreateUnbounded<HookDelivery>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<SimSystem, HookDelivery> held = [];
    private readonly Lock gate = new();
    private readonly List<SentEvent> sent = [];
    private readonly List<Task> retries = [];
    private readonly SimWorld world;
    private readonly Task pump;

    public HookSender(SimWorld world)
    {
        this.world = world;
        pump = PumpAsync();
    }

    public void Enqueue(HookDelivery delivery) => queue.Writer.TryWrite(delivery);

    /// <summary>Every attempt so far, oldest first.</summary>
    public IReadOnlyList<SentEvent> Snapshot()
    {
        lock (gate)
        {
            return [.. sent];
        }
    }

    /// <summary>Sends one request outside of the queue, for handshakes; null if no answer came in time.</summary>
    public async Task<HttpResponseMessage?> AskAsync(HttpRequestMessage request, TimeSpan within, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(within, world.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop.Token, cancellationToken);
        try
        {
            return await http.SendAsync(request, both.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await stop.CancelAsync();
        await pump;
        Task[] left;
        lock (gate)
        {
            left = [.. retries];
        }

        await Task.WhenAll(left);
        http.Dispose();
        stop.Dispose();
    }

    private async Task PumpAsync()
    {
        try
        {
            await foreach (var delivery in queue.Reader.ReadAllAsync(stop.Token))
            {
                switch (world.Faults.TakeForEvent(delivery.System, delivery.EventType, delivery.Url.ToString())?.Kind)
                {
                    case SimFaultKind.LoseEvent:
                        continue;
                    case SimFaultKind.ReorderEvent when held.TryAdd(delivery.System, delivery):
                        continue;
                    case SimFaultKind.DuplicateEvent:
                        await FirstAsync(delivery);
                        break;
                    default:
                        break;
                }

                await FirstAsync(delivery);
                if (held.Remove(delivery.System, out var late))
                {
                    await FirstAsync(late);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The simulation ends; what is still queued is never sent, as after a product's outage.
        }
    }

    private async Task FirstAsync(HookDelivery delivery)
    {
        if (await AttemptAsync(delivery, 1, null) is { } reason && delivery.Retries.Count > 0)
        {
            lock (gate)
            {
                retries.RemoveAll(task => task.IsCompleted);
                retries.Add(RetryAsync(delivery, reason));
            }
        }
    }

    private async Task RetryAsync(HookDelivery delivery, string? reason)
    {
        try
        {
            for (var attempt = 2; attempt <= delivery.Retries.Count + 1 && reason is not null; attempt++)
            {
                await Task.Delay(world.Options.EventRetryDelay ?? delivery.Retries[attempt - 2], world.Time, stop.Token);
                reason = await AttemptAsync(delivery, attempt, reason);
            }
        }
        catch (OperationCanceledException)
        {
            // The simulation ends.
        }
    }

    /// <summary>One attempt; null if the receiver took the event, otherwise the reason in the words of Slack's header.</summary>
    private async Task<string?> AttemptAsync(HookDelivery delivery, int attempt, string? reason)
    {
        using var request = delivery.Request(attempt, reason);
        using var response = await AskAsync(request, delivery.AnswerWithin, stop.Token);
        var status = response is null ? 0 : (int)response.StatusCode;
        lock (gate)
        {
            sent.Add(new SentEvent(delivery.System, delivery.EventType, delivery.EventId, delivery.Url, attempt, status, world.Time.GetUtcNow()));
        }

        return status switch { >= 200 and < 300 => null, 0 => "http_timeout", _ => "http_error" };
    }
}

using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>An open session to one server, for one instance and, where people sign in themselves, one person. Several calls may be under way in it.</summary>
internal sealed class McpConnection : IAsyncDisposable
{
    private const int MaxPages = 20;

    private readonly McpClient _client;
    private readonly IAsyncDisposable? _transport;
    private readonly HttpClient? _http;
    private readonly McpConnectionHandler? _handler;
    private readonly TimeProvider _time;
    private readonly TimeSpan _listAgainAfter;
    private readonly IAsyncDisposable _listener;
    private readonly SemaphoreSlim _listing = new(1, 1);
    private Listing? _tools;
    private int _changes;
    private int _calls;

    public McpConnection(McpClient client, IAsyncDisposable? transport, HttpClient? http, McpConnectionHandler? handler, TimeProvider time, TimeSpan listAgainAfter)
    {
        (_client, _transport, _http, _handler, _time, _listAgainAfter) = (client, transport, http, handler, time, listAgainAfter);
        _listener = client.RegisterNotificationHandler(NotificationMethods.ToolListChangedNotification, (_, _) =>
        {
            Interlocked.Increment(ref _changes);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>When it was last used, as a timestamp of the clock.</summary>
    public long UsedAt { get; set; }

    /// <summary>Whether calls are under way.</summary>
    public bool IsBusy => Volatile.Read(ref _calls) > 0;

    /// <summary>Whether it has ended by itself.</summary>
    public bool IsOver => _client.Completion.IsCompleted;

    /// <summary>Signs in with a newer credential from now on.</summary>
    public void Use(Credential? credential)
    {
        if (credential is not null)
        {
            _handler?.Use(credential);
        }
    }

    /// <summary>Holds it open until the result is disposed.</summary>
    public IDisposable Enter()
    {
        Interlocked.Increment(ref _calls);
        return new Hold(this);
    }

    /// <summary>What the server offers; asked for again when the server says that it changed, after a while (not every server says so), or <paramref name="anew"/>.</summary>
    public async Task<IReadOnlyList<Tool>> ListAsync(bool anew, CancellationToken cancellationToken)
    {
        if (!anew && Known is { } known)
        {
            return known;
        }

        await _listing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!anew && Known is { } listed)
            {
                return listed;
            }

            // A change that is told while the list is on its way may not be in it.
            var changes = Volatile.Read(ref _changes);
            var tools = new List<Tool>();
            string? cursor = null;
            for (var page = 0; page < MaxPages && tools.Count < McpOperations.MaxTools; page++)
            {
                var answer = await _client.ListToolsAsync(new ListToolsRequestParams { Cursor = cursor }, cancellationToken).ConfigureAwait(false);
                tools.AddRange(answer.Tools);
                cursor = answer.NextCursor;
                if (cursor is null)
                {
                    break;
                }
            }

            Volatile.Write(ref _tools, new Listing(changes, _time.GetTimestamp(), tools));
            return tools;
        }
        finally
        {
            _listing.Release();
        }
    }

    /// <summary>Calls a tool.</summary>
    public ValueTask<CallToolResult> CallAsync(string name, JsonElement arguments, CancellationToken cancellationToken) => _client.CallToolAsync(
        new CallToolRequestParams { Name = name, Arguments = arguments.EnumerateObject().ToDictionary(argument => argument.Name, argument => argument.Value, StringComparer.Ordinal) },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync().ConfigureAwait(false);
        await _client.DisposeAsync().ConfigureAwait(false);
        if (_transport is not null)
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
        }

        _http?.Dispose();
        _listing.Dispose();
    }

    private IReadOnlyList<Tool>? Known =>
        Volatile.Read(ref _tools) is { } listing && listing.Changes == Volatile.Read(ref _changes) && _time.GetElapsedTime(listing.At) < _listAgainAfter ? listing.Tools : null;

    /// <summary>What the server offered at a time, after it had said so many times that this changed.</summary>
    private sealed record Listing(int Changes, long At, IReadOnlyList<Tool> Tools);

    private sealed class Hold(McpConnection connection) : IDisposable
    {
        private int _over;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _over, 1) == 0)
            {
                Interlocked.Decrement(ref connection._calls);
            }
        }
    }
}

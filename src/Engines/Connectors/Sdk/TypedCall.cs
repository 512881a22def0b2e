using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;

namespace Steward.Engines.Connectors.Sdk;

/// <summary>One call of an operation that a typed connector carries out.</summary>
public sealed class TypedCall
{
    private readonly ConnectorCall _call;
    private readonly RequestStep _send;

    internal TypedCall(ConnectorCall call, RequestStep send) => (_call, _send) = (call, send);

    /// <summary>The operation's id inside the template, for example <c>users.find</c>.</summary>
    public string OperationId => _call.Request.Operation.Id;

    /// <summary>The instance and its template.</summary>
    public ResolvedInstance Target => _call.Request.Target;

    /// <summary>The arguments, checked and complete with defaults.</summary>
    public JsonElement Arguments => _call.Arguments;

    /// <summary>Identifies the intended effect; the same for every attempt.</summary>
    public string ActionId => _call.Request.ActionId;

    /// <summary>The action's id in a form that every query language and URL takes as it is: 24 hexadecimal digits after a prefix.</summary>
    public string Marker => _call.Marker;

    /// <summary>Cancelled when the caller stops waiting or the time is up.</summary>
    public CancellationToken CancellationToken => _call.Token;

    internal CancellationToken Caller => _call.Caller;

    internal string? VendorRequestId => _call.VendorRequestId;

    /// <summary>Sends one request through the chain.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The answer, a success.</returns>
    /// <exception cref="TypedConnectorException">It was none, by the template's errors: <see cref="ActionUnknown"/> when a write may have taken effect.</exception>
    public async Task<TypedReply> SendAsync(TypedRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new TypedReply(await SendAsync(new OutgoingRequest
        {
            Method = request.Method,
            Path = request.Path,
            Query = request.Query,
            Headers = request.Headers,
            Body = request.Body is { } body ? JsonSerializer.SerializeToUtf8Bytes(body) : null,
            ContentType = request.Body is null ? null : "application/json",
        }));
    }

    /// <summary>Sends something that is not HTTP through the chain: with permit, credential, limits and breaker. For connectors of this assembly, since it shows the credential.</summary>
    /// <param name="carry">Sends it once and says how that ended.</param>
    internal async Task CarryAsync(Func<Credential?, Task<Exchange>> carry)
    {
        var exchange = await _send(_call, new OutgoingRequest { Method = HttpMethod.Post, Carry = carry });
        if (exchange.Failure is { } failure)
        {
            throw new TypedConnectorException(failure);
        }
    }

    internal async Task<VendorReply> SendAsync(OutgoingRequest request)
    {
        var exchange = await _send(_call, request);
        return exchange.Failure switch
        {
            null => exchange.Reply!,

            // What only reads cannot have done anything, even in the middle of a call that writes.
            ActionUnknown unknown when request.Method == HttpMethod.Get => throw new TypedConnectorException(
                new ActionFailed(FailureCodes.Unavailable, unknown.Reason, IsRetryable: true) { VendorRequestId = unknown.VendorRequestId }),
            var failure => throw new TypedConnectorException(failure),
        };
    }
}

/// <summary>One request of a typed connector, to the instance's own address.</summary>
public sealed record TypedRequest
{
    /// <summary>The method; GET never counts as an effect.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>The path below the instance's address; parts that come from arguments must be escaped with <see cref="Uri.EscapeDataString(string)"/>.</summary>
    public required string Path { get; init; }

    /// <summary>The query's parameters, not escaped.</summary>
    public IReadOnlyList<(string Name, string Value)> Query { get; init; } = [];

    /// <summary>More headers than those of the template.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>The JSON body.</summary>
    public JsonElement? Body { get; init; }
}

/// <summary>An answer.</summary>
public sealed class TypedReply
{
    private readonly VendorReply _reply;

    internal TypedReply(VendorReply reply) => _reply = reply;

    /// <summary>The status, from 200 to 299.</summary>
    public int Status => _reply.Status;

    /// <summary>The body; undefined when it is no JSON.</summary>
    public JsonElement Json => _reply.Json;

    /// <summary>The first value of a header; null when there is none.</summary>
    public string? Header(string name) => _reply.Header(name);
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Steward.Engines.Connectors.Execution;

/// <summary>An operation with what carries it out.</summary>
internal sealed record OperationSpec(
    string Id, OperationEffect Effect, string Description, ArgumentSchema Arguments, Func<OperationCall, Task<JsonObject>> Execute)
{
    /// <summary>Looks for the effect of an earlier attempt; writes have one.</summary>
    public Func<OperationCall, DateTimeOffset, Task<ReconcileOutcome>>? Reconcile { get; init; }

    /// <summary>Whether doing it twice is the same as doing it once, so that a request that is still under way somewhere does no harm.</summary>
    public bool IsIdempotent { get; init; }
}

/// <summary>One call of an operation under way.</summary>
/// <param name="ActionId">Identifies the intended effect.</param>
/// <param name="Arguments">The checked arguments.</param>
/// <param name="Caller">Cancelled when the caller stops waiting.</param>
/// <param name="Token">Cancelled when the caller stops waiting or the time is up.</param>
internal sealed partial record OperationCall(string ActionId, Arguments Arguments, CancellationToken Caller, CancellationToken Token)
{
    /// <summary>
    /// The action's id in a form that every query language and URL takes as it is: 24 hexadecimal digits of its SHA-256 after a prefix.
    /// </summary>
    public string Marker { get; } = "steward-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ActionId)).AsSpan(0, 12));

    /// <summary>The action's id itself where it is harmless in a query, else <see cref="Marker"/>.</summary>
    public string SafeActionId => Harmless().IsMatch(ActionId) ? ActionId : Marker;

    /// <summary>Sends a request instead of the connector itself, credentials and all; null lets the connector send.</summary>
    public Func<HttpMethod, Uri, ReadOnlyMemory<byte>?, Task<VendorReply>>? Transport { get; init; }

    /// <summary>The target system's own id of the last request, if it gave one.</summary>
    public string? VendorRequestId { get; set; }

    /// <summary>The status of the last answer; null when there was none.</summary>
    public int? Status { get; set; }

    /// <summary>Requests that were sent.</summary>
    public int Requests { get; set; }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Harmless();
}

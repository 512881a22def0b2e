using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline.Requests;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>One call on its way through the chain. Used by one caller at a time.</summary>
internal sealed partial class ConnectorCall
{
    public ConnectorCall(ConnectorCallRequest request, CancellationToken caller)
    {
        Request = request;
        Caller = caller;
        Token = caller;
        Arguments = request.Arguments;
        Marker = "steward-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.ActionId)).AsSpan(0, 12));
        Operation = CompiledTemplate.Of(request.Target.Template).Of(request.Operation);
        Scope = new TemplateScope(Operation.Owner, Instance, Arguments, request.ActionId, Marker) { MayHoldSlashes = Operation.Patterned };
    }

    public ConnectorCallRequest Request { get; }

    public CompiledOperation Operation { get; }

    public ConnectorInstance Instance => Request.Target.Instance;

    /// <summary>The arguments; checked and mapped from the step that does so on.</summary>
    public JsonElement Arguments { get; private set; }

    /// <summary>The values of placeholders.</summary>
    public TemplateScope Scope { get; private set; }

    /// <summary>Whether it only looks up what an earlier attempt did: that needs no permission of its own.</summary>
    public bool IsLookup { get; init; }

    /// <summary>For look-ups by a typed connector: when the attempt that is looked for was sent.</summary>
    public DateTimeOffset? LookupSentAt { get; init; }

    /// <summary>What such a look-up found.</summary>
    public ReconcileOutcome? Found { get; set; }

    /// <summary>Cancelled when the caller stops waiting.</summary>
    public CancellationToken Caller { get; }

    /// <summary>Cancelled when the caller stops waiting or the time is up.</summary>
    public CancellationToken Token { get; set; }

    /// <summary>When the time is up.</summary>
    public DateTimeOffset EndsAt { get; set; }

    /// <summary>The operation's own time limit, whatever the caller's.</summary>
    public TimeSpan OwnLimit { get; set; }

    /// <summary>Whether it may change something over there.</summary>
    public bool IsWrite => Request.Operation.Effect != OperationEffect.Read && !Request.DryRun;

    /// <summary>Whether doing it twice is the same as doing it once.</summary>
    public bool IsRepeatable => !IsWrite || Request.Operation.Idempotency is { Natural: true } or { Header: not null };

    /// <summary>Whose own sign-in is used; null for the instance's.</summary>
    public string? UserId => Instance.OnBehalfOfUser ? Request.Caller?.UserId : null;

    /// <summary>Whether the next attempt repeats one that was sent.</summary>
    public bool IsRetry { get; set; }

    /// <summary>Whether the credential was renewed once for this call.</summary>
    public bool IsRenewed { get; set; }

    /// <summary>Whether the owner wants to know what the result looks like.</summary>
    public bool WantsShape { get; set; }

    /// <summary>What the current attempt is signed in with.</summary>
    public Credential? Credential
    {
        get => Scope.Credential;
        set => Scope.Credential = value;
    }

    /// <summary>Requests that were sent.</summary>
    public int Attempts { get; set; }

    /// <summary>Units of the limits that were used.</summary>
    public int Cost { get; set; }

    /// <summary>The status of the last answer.</summary>
    public int? Status { get; set; }

    /// <summary>The system's own id of the last request.</summary>
    public string? VendorRequestId { get; set; }

    /// <summary>The action's id in a form that every query language and URL takes as it is.</summary>
    public string Marker { get; }

    /// <summary>The action's id itself where it is harmless in a header, else <see cref="Marker"/>.</summary>
    public string SafeActionId => Harmless().IsMatch(Request.ActionId) ? Request.ActionId : Marker;

    public void UseArguments(JsonElement arguments, string? sentAt = null)
    {
        Arguments = arguments;
        Scope = new TemplateScope(Operation.Owner, Instance, arguments, Request.ActionId, Marker) { SentAt = sentAt ?? Scope.SentAt, Credential = Scope.Credential, MayHoldSlashes = Operation.Patterned };
    }

    /// <summary>The values of placeholders with a result among them.</summary>
    public TemplateScope ScopeWith(JsonElement result) => new(Operation.Owner, Instance, Arguments, Request.ActionId, Marker) { Result = result };

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Harmless();
}

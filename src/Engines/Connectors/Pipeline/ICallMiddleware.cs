using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>What comes after a middleware of a call.</summary>
internal delegate Task<ActionOutcome> CallStep(ConnectorCall call);

/// <summary>What comes after a middleware of a request.</summary>
internal delegate Task<Exchange> RequestStep(ConnectorCall call, OutgoingRequest request);

/// <summary>Does one thing around a whole call.</summary>
internal interface ICallMiddleware
{
    Task<ActionOutcome> InvokeAsync(ConnectorCall call, CallStep next);
}

/// <summary>Does one thing around each request of a call: a list of several pages makes several.</summary>
internal interface IRequestMiddleware
{
    Task<Exchange> InvokeAsync(ConnectorCall call, OutgoingRequest request, RequestStep next);
}

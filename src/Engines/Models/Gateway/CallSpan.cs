using System.Diagnostics;

namespace Steward.Engines.Models.Gateway;

/// <summary>
/// The span of a whole call: what its stages decided, also where no model was asked. It is written at the call's end, beside those of the attempts (<see cref="Models.Diagnostics"/>), and only where somebody listens. No text of prompts or answers.
/// </summary>
internal static class CallSpan
{
    /// <summary>The name of the span.</summary>
    public const string Name = "model call";

    /// <summary>Writes it.</summary>
    public static void Write(ModelCall call, ModelCallOutcome outcome, TimeProvider time)
    {
        if (!Diagnostics.Source.HasListeners())
        {
            return;
        }

        var ended = time.GetUtcNow();
        using var span = Diagnostics.Source.StartActivity(Name, ActivityKind.Internal, parentContext: default, Tags(call), startTime: ended - outcome.Duration);
        if (span is null)
        {
            return;
        }

        span.SetTag("steward.outcome", outcome.Finished is not null ? "completed" : outcome.Failure is not null ? "failed" : "aborted");
        if (outcome.Failure is { } failure)
        {
            span.SetStatus(ActivityStatusCode.Error, failure.Code);
            span.SetTag("error.type", failure.Code);
        }

        span.SetEndTime(ended.UtcDateTime);
    }

    private static IEnumerable<KeyValuePair<string, object?>> Tags(ModelCall call)
    {
        yield return new("steward.call.id", call.Origin.CallId);
        yield return new("steward.tenant.id", call.Origin.TenantId);
        yield return new("steward.feature", call.Origin.Feature);
        yield return new("steward.tier", call.Model);
        yield return new("steward.degradation", call.Degradation);
        yield return new("steward.decisions", call.Decisions.Select(decision => $"{decision.Stage}: {decision.Decision}").ToArray());
        foreach (var (name, value) in new (string, object?)[]
        {
            ("steward.cache", call.Cache), ("steward.intent", call.Intent), ("steward.routing.confidence", call.RoutingConfidence), ("steward.run.id", call.Origin.RunId), ("steward.prompt.version", call.Origin.PromptVersion),
            ("steward.variants", call.Variants.Count > 0 ? call.Variants.ToArray() : null),
        })
        {
            if (value is not null)
            {
                yield return new(name, value);
            }
        }
    }
}

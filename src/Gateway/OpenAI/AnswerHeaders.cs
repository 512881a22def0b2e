using System.Globalization;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>What the platform says of an answer beside OpenAI's fields.</summary>
internal static class AnswerHeaders
{
    private const string Prefix = "x-steward-";

    /// <summary>What is known when the answer begins.</summary>
    public static void Begin(HttpResponse response, string callId, ModelCallRoute? route)
    {
        var headers = response.Headers;
        headers[Prefix + "call-id"] = callId;
        if (route is null)
        {
            return;
        }

        headers[Prefix + "cache"] = route.Cache ?? "miss";
        if (route.RunId is { } run)
        {
            // At which step its models answer is known when it ends.
            headers[Prefix + "run-id"] = run;
            headers[Prefix + "tier"] = "agent";
        }
        else
        {
            headers[Prefix + "degradation"] = route.Degradation;
            headers[Prefix + "tier"] = ModelTargetOf.TierName(route.Tier);
        }

        if (route.Variants.Count > 0)
        {
            headers[Prefix + "variants"] = string.Join(", ", route.Variants);
        }
    }

    /// <summary>What is known at its end, for answers that are not streamed.</summary>
    public static void End(HttpResponse response, ModelCallEnd end)
    {
        // Names come from providers: whatever no header can hold is left out.
        if (end.Model.Length is > 0 and <= 200 && !end.Model.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            response.Headers[Prefix + "model"] = end.Model;
        }

        if (end.Degradation is { } step)
        {
            response.Headers[Prefix + "degradation"] = step;
        }

        if (Cost(end) is { } cost)
        {
            response.Headers[Prefix + "cost"] = cost;
        }
    }

    /// <summary>What is known at the end of a stream, whose headers have been sent, as comments.</summary>
    public static void Tell(AnswerEvents events, ModelCallEnd end)
    {
        if (end.Degradation is { } step)
        {
            events.Comment($"{Prefix}degradation: {step}");
        }

        if (Cost(end) is { } cost)
        {
            events.Comment($"{Prefix}cost: {cost}");
        }
    }

    /// <summary>The cost in US dollars; null when the price is not known.</summary>
    private static string? Cost(ModelCallEnd end) => end.CostUsd?.ToString("0.##########", CultureInfo.InvariantCulture);
}

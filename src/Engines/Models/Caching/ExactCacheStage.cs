using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>Answers what was asked before, word for word, and lets equal calls under way share one answer.</summary>
internal sealed class ExactCacheStage(AnswerStore store, AnswerFlights flights, IOptions<ModelCacheOptions> options, TimeProvider time) : IModelStage
{
    /// <inheritdoc/>
    public string Name => "exact-cache";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.ExactCache;

    /// <inheritdoc/>
    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        var began = time.GetTimestamp();
        if (Ticket(call) is not { } ticket)
        {
            CacheMetrics.Called("off");
            return null;
        }

        for (var first = true; ; first = false)
        {
            if (store.TryGet(ticket.Key, ticket.Scope, call.Policy, out var known))
            {
                CacheMetrics.LookedUp("exact", first ? time.GetElapsedTime(began) : TimeSpan.Zero);
                return Answer(call, ticket, known, first ? "exact" : "shared");
            }

            var flight = flights.Join(ticket.Key, out var leads);
            if (leads)
            {
                (call.Ticket, ticket.Flight) = (ticket, flight);

                // It may have been answered between the look and the lead.
                if (store.TryGet(ticket.Key, ticket.Scope, call.Policy, out known))
                {
                    flights.End(flight, new FlightEnd(known, false));
                    ticket.Flight = null;
                    return Answer(call, ticket, known, "exact");
                }

                if (first)
                {
                    CacheMetrics.LookedUp("exact", time.GetElapsedTime(began));
                }

                return null;
            }

            var end = await WaitAsync(flight, call, began, cancellationToken);
            if (end.Answer is { } shared)
            {
                return Answer(call, ticket, shared, "shared");
            }

            if (!end.MayLead)
            {
                call.Ticket = ticket;
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(outcome);
        if (call.Ticket is { } ticket)
        {
            call.Ticket = null;
            var answer = outcome.WasAsked ? ticket.Keep(store, options.Value, call, outcome) : null;
            if (outcome.WasAsked)
            {
                CacheMetrics.Called("miss", ticket.Class);
            }

            if (ticket.Flight is { } flight)
            {
                var failed = outcome.IsAborted || outcome.Failure is not null;
                flights.End(flight, answer is not null ? new FlightEnd(answer, false) : failed ? FlightEnd.Failed : FlightEnd.NotShared);
            }
        }

        return ValueTask.CompletedTask;
    }

    private static CacheTicket? Ticket(ModelCall call)
    {
        if (!call.Policy.Caches || !call.Origin.Cache.IsAllowed || call.Request.Messages.Count == 0 || !CacheScope.TryOf(call.Origin, out var scope))
        {
            return null;
        }

        var answerClass = AnswerClassifier.Classify(call, scope);
        return answerClass == AnswerClass.Personal ? null : new CacheTicket(AnswerKey.Of(scope, call), scope, answerClass, call.Policy.AnswersSince(call.Origin.UserId));
    }

    private ModelStageAnswer Answer(ModelCall call, CacheTicket ticket, CachedAnswer answer, string how)
    {
        call.Ticket = null;
        call.Decide(Name, how);
        CacheMetrics.Hit(how, ticket.Class, answer);
        return answer.Give(call, how);
    }

    // A leader whose caller never comes back would hold the others: after the wait one of them takes its place.
    private async ValueTask<FlightEnd> WaitAsync(AnswerFlight flight, ModelCall call, long began, CancellationToken cancellationToken)
    {
        var left = options.Value.SharedWait - time.GetElapsedTime(began);
        if (call.Request.Deadline is { } deadline && deadline - time.GetUtcNow() < left)
        {
            left = deadline - time.GetUtcNow();
        }

        if (left <= TimeSpan.Zero)
        {
            return FlightEnd.NotShared;
        }

        try
        {
            return await flight.Ended.WaitAsync(left, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            call.Decide(Name, "an equal call took too long");
            if (options.Value.SharedWait <= time.GetElapsedTime(began))
            {
                flights.End(flight, FlightEnd.Failed);
            }

            return FlightEnd.Failed;
        }
    }
}

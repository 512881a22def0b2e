using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Routing;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Approvals.Learning;

/// <summary>
/// What kind of request one is of which nobody said the kind, by the words of those of the tenant that had one. Only a suggestion: see <see cref="Rules.SuggestedType"/> for what it may do. Immutable, for any number of
/// threads.
/// </summary>
public sealed class RequestTypeModel
{
    /// <summary>The type of a request of which nobody said the kind.</summary>
    public const string Unknown = "other";

    /// <summary>The share of suggestions that have to be right, by the lower end of an interval.</summary>
    public const double Precision = 0.9;

    /// <summary>How sure that share has to be.</summary>
    public const double Certainty = 0.9;

    /// <summary>The most requests that are learnt from.</summary>
    public const int MostRequests = 2_000;

    private const int MostTypes = 100;
    private const int FewestOfType = 5;
    private const int FewestRequesters = 2;

    // So that nobody teaches it alone.
    private const int MostOfRequester = 50;

    private readonly TenantHead _head;
    private readonly double _threshold;

    private RequestTypeModel(TenantHead head, double threshold, int learntFrom) => (_head, _threshold, LearntFrom) = (head, threshold, learntFrom);

    /// <summary>How many requests it learnt from.</summary>
    public int LearntFrom { get; }

    /// <summary>The types that it may suggest.</summary>
    public IReadOnlyList<string> Types => _head.Labels;

    /// <summary>Whether a kind is suggested for a request: somebody asked for it over the API, and said none.</summary>
    public static bool IsFor(ApprovalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.RunId is null && request.Type == Unknown;
    }

    /// <summary>Learns from a tenant's requests.</summary>
    /// <param name="past">The requests, those that are worth more first; of many only the first count.</param>
    /// <param name="refusal">Why there is no model.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The model; null when there are too few requests, or their words do not tell the types apart surely enough.</returns>
    public static RequestTypeModel? Train(IEnumerable<ApprovalRequest> past, out string? refusal, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(past);
        var types = past
            .Where(request => request.RunId is null && request.Type != Unknown)
            .GroupBy(request => (request.Type, request.Requester.UserId))
            .SelectMany(of => of.Take(MostOfRequester))
            .Take(MostRequests)
            .GroupBy(request => request.Type, StringComparer.Ordinal)
            .Where(type => type.Count() >= FewestOfType && type.Select(request => request.Requester.UserId).Distinct(StringComparer.Ordinal).Count() >= FewestRequesters)
            .OrderByDescending(type => type.Count())
            .ThenBy(type => type.Key, StringComparer.Ordinal)
            .Take(MostTypes)
            .ToList();
        if (types.Count < 2)
        {
            refusal = $"fewer than two types have {FewestOfType} requests by {FewestRequesters} people";
            return null;
        }

        List<TrainingTicket> tickets = [.. types.SelectMany(type => type).Select(request => new TrainingTicket(FeaturesOf(request), request.Type, 1, $"{request.Summary}\n{request.Reason}"))];
        var trained = TenantHeadTrainer.Train(tickets, new TenantHeadOptions { FewestPerLabel = FewestOfType, MostFeatures = 20_000 }, cancellationToken);
        if (ThresholdTuner.Tune(trained.Judged, Precision, Certainty).Threshold is not { } threshold)
        {
            refusal = "no confidence is right often enough on requests that were held back";
            return null;
        }

        refusal = null;
        return new RequestTypeModel(trained.Head, threshold, tickets.Count);
    }

    /// <summary>The kind that a request probably is of; null when that is not sure enough.</summary>
    public TypeSuggestion? Suggest(ApprovalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answer = _head.Classify(FeaturesOf(request));
        return IsFor(request) && answer.Confidence >= _threshold ? new TypeSuggestion(_head.Labels[answer.Label], answer.Confidence, LearntFrom) : null;
    }

    private static TicketFeatures FeaturesOf(ApprovalRequest request) =>
        TicketFeatures.Of(new Ticket { ShortDescription = request.Summary, Description = request.Reason ?? "", Category = request.Action });
}

/// <summary>A kind that a request probably is of.</summary>
/// <param name="Type">The kind.</param>
/// <param name="Confidence">How often such suggestions are right, 0 to 1.</param>
/// <param name="LearntFrom">From how many requests that is known.</param>
public sealed record TypeSuggestion(string Type, double Confidence, int LearntFrom);

using Microsoft.Extensions.Logging;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>How old tickets are found again.</summary>
internal sealed partial class TriageGrain
{
    private const int MostSimilar = 3;

    private int _searching;

    /// <inheritdoc/>
    public async Task<FoundTickets> FindTickets(FindTickets query, CancellationToken cancellationToken = default)
    {
        TriageRules.Check(query);
        if (_searching >= Options.ConcurrentTickets)
        {
            throw new StewardException(ErrorCodes.Overloaded, $"{Options.ConcurrentTickets} searches of the tenant are under way.") { IsRetryable = true, RetryAfter = BusyFor };
        }

        _searching++;
        try
        {
            return await FindAsync(query, cancellationToken);
        }
        finally
        {
            _searching--;
        }
    }

    private async Task<FoundTickets> FindAsync(FindTickets query, CancellationToken cancellationToken)
    {
        var seesAll = SeesAllTickets;
        var reader = seesAll ? VectorReader.Everything : VectorReader.Person(Caller.Required.UserId);
        var byMeaning = await MeantAsync(query, reader, cancellationToken);

        // Of the words of old tickets it is not known who sent them: they are for those who see all.
        var byWords = seesAll ? _neighbours.FindByWords(query.Text, query.Groups, query.Top) : [];
        return new FoundTickets
        {
            Tickets = SimilarRanking.Merge(byMeaning ?? [], byWords, query.Top),
            Mode = (byMeaning, seesAll) switch
            {
                (null, true) => "words",
                (null, false) => "none",
                (_, true) => "words and meaning",
                _ => "meaning",
            },
            IsComplete = byMeaning is not null && _meanings.IsComplete,
        };
    }

    // Null when neither model nor store answers now, or there are none.
    private async Task<IReadOnlyList<SimilarTicket>?> MeantAsync(FindTickets query, VectorReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return _meanings.IsOn ? await _meanings.FindAsync(query.Text, reader, query.Groups, query.Top, cancellationToken) : null;
        }
        catch (StorageException exception)
        {
            LogNotFoundByMeaning(_parts.Logger, exception, _key);
            return null;
        }
    }

    // By words at any rate; by meaning, too, where the head that answered had read the ticket's vector: nothing more is computed for it.
    private async Task<IReadOnlyList<SimilarTicket>> SimilarAsync(string? ticketId, Engines.Triage.Tickets.Ticket ticket, ClassifiedTicket found, CancellationToken cancellationToken)
    {
        var byWords = _neighbours.FindSimilar(ticketId, ticket);
        if (!_meanings.IsOn || found.Meaning is not { } meaning || meaning.Model != Options.SimilarModel)
        {
            return byWords;
        }

        try
        {
            var byMeaning = await _meanings.FindAsync(meaning, ticketId, MostSimilar, cancellationToken).WaitAsync(Options.ModelTimeout, _parts.Time, cancellationToken);
            return SimilarRanking.Merge(byMeaning, byWords, MostSimilar);
        }
        catch (Exception exception) when (exception is StorageException or TimeoutException)
        {
            LogNotFoundByMeaning(_parts.Logger, exception, _key);
            return byWords;
        }
    }

    private async Task FollowMeaningsAsync()
    {
        try
        {
            await _meanings.FollowAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // Tickets are found by words until the next activation.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotFollowed(_parts.Logger, exception, _key);
        }
    }

    [LoggerMessage(EventId = 1713, Level = LogLevel.Warning, Message = "Old tickets of {Key} could not be looked for by meaning; by words they were")]
    private static partial void LogNotFoundByMeaning(ILogger logger, Exception exception, string key);

    [LoggerMessage(EventId = 1714, Level = LogLevel.Warning, Message = "The vectors of the tickets of {Key} follow its labels no more until its next activation")]
    private static partial void LogNotFollowed(ILogger logger, Exception exception, string key);
}

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
        var byWords = seesAll ? await WordedAsync(query, cancellationToken) : null;
        return new FoundTickets
        {
            Tickets = SimilarRanking.Merge(byMeaning ?? [], byWords ?? [], query.Top),
            Mode = (byMeaning, byWords) switch
            {
                (null, null) => "none",
                (null, _) => "words",
                (_, null) => "meaning",
                _ => "words and meaning",
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

    // Null when it cannot be found out now whose texts are still there.
    private async Task<IReadOnlyList<SimilarTicket>?> WordedAsync(FindTickets query, CancellationToken cancellationToken)
    {
        try
        {
            return await _neighbours.FindByWordsAsync(query.Text, query.Groups, query.Top, cancellationToken);
        }
        catch (StorageException exception)
        {
            LogNotFoundByWords(_parts.Logger, exception, _key);
            return null;
        }
    }

    private async Task<IReadOnlyList<SimilarTicket>> WordedAsync(string? ticketId, Engines.Triage.Tickets.Ticket ticket, CancellationToken cancellationToken)
    {
        try
        {
            return await _neighbours.FindSimilarAsync(ticketId, ticket, MostSimilar, cancellationToken).WaitAsync(Options.ModelTimeout, _parts.Time, cancellationToken);
        }
        catch (Exception exception) when (exception is StorageException or TimeoutException)
        {
            LogNotFoundByWords(_parts.Logger, exception, _key);
            return [];
        }
    }

    // By words at any rate; by meaning, too, where the head that answered had read the ticket's vector: nothing more is computed for it.
    private async Task<IReadOnlyList<SimilarTicket>> SimilarAsync(string? ticketId, Engines.Triage.Tickets.Ticket ticket, ClassifiedTicket found, CancellationToken cancellationToken)
    {
        var byWords = await WordedAsync(ticketId, ticket, cancellationToken);
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

    [LoggerMessage(EventId = 1717, Level = LogLevel.Warning, Message = "Old tickets of {Key} could not be looked for by words: which texts are still there cannot be read now")]
    private static partial void LogNotFoundByWords(ILogger logger, Exception exception, string key);

    [LoggerMessage(EventId = 1714, Level = LogLevel.Warning, Message = "The vectors of the tickets of {Key} follow its labels no more until its next activation")]
    private static partial void LogNotFollowed(ILogger logger, Exception exception, string key);
}

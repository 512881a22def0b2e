using System.Globalization;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Replies;

/// <summary>Reads a system's own numbers about its limits.</summary>
internal static class LimitReader
{
    /// <summary>The limit, what is left and how long until the window begins anew.</summary>
    public static (long? Limit, long? Remaining, TimeSpan? ResetAfter) Read(LimitHeaders? headers, VendorReply? reply, DateTimeOffset now)
    {
        if (headers is null || reply is null)
        {
            return default;
        }

        var limit = Number(headers.Limit, reply);
        var remaining = Number(headers.Remaining, reply);
        if (headers.Usage is { } usage && reply.Header(usage) is { } text && Used(text) is var (used, of) && of > 0)
        {
            (limit, remaining) = (limit ?? of, remaining ?? Math.Max(0, of - used));
        }

        return (limit, remaining, headers.Reset is { } reset ? Until(reply, reset, headers.ResetFormat, now) : null);
    }

    /// <summary>The numbers of further limits, of those that the answer tells of.</summary>
    public static IReadOnlyList<LimitNumbers> ReadFurther((int Limit, LimitHeaders Headers)[] limits, VendorReply? reply, DateTimeOffset now)
    {
        if (limits.Length == 0 || reply is null)
        {
            return [];
        }

        var found = new List<LimitNumbers>(limits.Length);
        foreach (var (at, headers) in limits)
        {
            if (Read(headers, reply, now) is var (limit, remaining, resetAfter) && (limit ?? remaining) is not null)
            {
                found.Add(new LimitNumbers(at, limit, remaining, resetAfter));
            }
        }

        return found;
    }

    private static TimeSpan? Until(VendorReply reply, string header, ResetFormat format, DateTimeOffset now)
    {
        switch (format)
        {
            case ResetFormat.Epoch:
                return reply.UntilEpochSeconds(header, now);
            case ResetFormat.Iso:
                return reply.UntilTimestamp(header, now);
            case ResetFormat.EpochMilliseconds:
                return long.TryParse(reply.Header(header), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < 253_402_300_799_000
                    ? Bounded(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) - (reply.Date ?? now))
                    : null;
            default:
                return double.TryParse(reply.Header(header), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 86_400
                    ? TimeSpan.FromSeconds(seconds)
                    : null;
        }
    }

    private static TimeSpan Bounded(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : wait;

    private static long? Number(string? header, VendorReply reply)
    {
        // Some systems name several windows in one header, the narrowest first: `100, 100;window=60`.
        var text = header is null ? null : reply.Header(header)?.Split(',', ';')[0].Trim();
        return double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 1e15 ? (long)number : null;
    }

    // `api-usage=10/15000`, perhaps with more behind it.
    private static (long Used, long Of)? Used(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
        {
            return null;
        }

        var begin = slash;
        while (begin > 0 && char.IsAsciiDigit(text[begin - 1]))
        {
            begin--;
        }

        var end = slash + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return long.TryParse(text.AsSpan(begin, slash - begin), CultureInfo.InvariantCulture, out var used) &&
            long.TryParse(text.AsSpan(slash + 1, end - slash - 1), CultureInfo.InvariantCulture, out var of) ? (used, of) : null;
    }
}

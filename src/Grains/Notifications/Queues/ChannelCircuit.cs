namespace Steward.Notifications;

/// <summary>
/// Notices when a channel is down altogether: then one notice at a time finds out whether it is back, and the others keep their tries. Not safe for concurrent use.
/// </summary>
/// <param name="random">Even draws from [0, 1).</param>
internal sealed class ChannelCircuit(Func<double> random)
{
    /// <summary>How many failures in a row, with no success in between, mean that it is down.</summary>
    public const int OpensAfter = 8;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private int _failures;
    private int _probes;
    /// <summary>When the channel is tried next; null while it works.</summary>
    public DateTimeOffset? OpenUntil { get; private set; }

    /// <summary>Whether a notice is under way that finds out.</summary>
    public bool IsProbing { get; private set; }

    /// <summary>Whether a notice may be sent now. If the channel is down, that one finds out.</summary>
    public bool TryEnter(DateTimeOffset now)
    {
        if (OpenUntil is not { } until)
        {
            return true;
        }

        if (IsProbing || now < until)
        {
            return false;
        }

        return IsProbing = true;
    }

    /// <summary>Whether <see cref="TryEnter"/> lets one through then.</summary>
    public bool WouldEnter(DateTimeOffset now) => OpenUntil is not { } until || (!IsProbing && now >= until);

    /// <summary>The channel answered.</summary>
    public void Succeeded()
    {
        (_failures, _probes, IsProbing) = (0, 0, false);
        OpenUntil = null;
    }

    /// <summary>The channel did not do its work.</summary>
    public void Failed(DateTimeOffset now)
    {
        _failures++;
        if (OpenUntil is not null && !IsProbing)
        {
            // One that was on its way when it went down.
            return;
        }

        if (IsProbing || _failures >= OpensAfter)
        {
            var longest = First * Math.Pow(2, Math.Min(_probes++, 10));
            longest = longest < Longest ? longest : Longest;
            OpenUntil = now + (longest * (0.5 + (0.5 * random())));
            IsProbing = false;
        }
    }

    /// <summary>What went through says nothing about the channel.</summary>
    public void Abandoned() => IsProbing = false;
}

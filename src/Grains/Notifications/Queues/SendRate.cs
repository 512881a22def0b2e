namespace Steward.Notifications;

/// <summary>
/// Lets so many messages through in any stretch of time, however they come: at 10 a second, ten at once and then none for a second. Below one a second, one in so many seconds. Not safe for concurrent use.
/// </summary>
internal sealed class SendRate
{
    private readonly Queue<DateTimeOffset> _sent = new();
    private int _count = 1;
    private TimeSpan _stretch = TimeSpan.FromSeconds(1);

    /// <summary>Sets how many a second may pass; what passed before counts.</summary>
    public void Set(double perSecond)
    {
        _count = Math.Max(1, (int)perSecond);
        _stretch = TimeSpan.FromSeconds(_count / perSecond);
    }

    /// <summary>When the next may pass; <paramref name="now"/> or later.</summary>
    public DateTimeOffset NextAt(DateTimeOffset now)
    {
        while (_sent.Count > 0 && _sent.Peek() + _stretch <= now)
        {
            _sent.Dequeue();
        }

        return _sent.Count < _count ? now : _sent.ElementAt(_sent.Count - _count) + _stretch;
    }

    /// <summary>Counts one that passes.</summary>
    public void Take(DateTimeOffset now) => _sent.Enqueue(now);
}

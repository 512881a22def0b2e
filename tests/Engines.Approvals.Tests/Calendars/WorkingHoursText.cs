using System.Globalization;
using Steward.Engines.Approvals.Calendars;

namespace Steward.Engines.Approvals.Tests.Calendars;

/// <summary>Hours of a day as they are written.</summary>
internal sealed record WorkingHoursText(string Hours)
{
    public static WorkingHoursText Of(IReadOnlyList<WorkingHours> hours) =>
        new(string.Join(", ", hours.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.From:hh\\:mm}-{range.Until:hh\\:mm}"))));
}

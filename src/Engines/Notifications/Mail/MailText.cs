using System.Text;
using Steward.Engines.Notifications.Rendering;

namespace Steward.Engines.Notifications.Mail;

/// <summary>A notice as plain text.</summary>
internal static class MailText
{
    public static string Plain(NoticeContent content, bool withTitle)
    {
        var text = new StringBuilder();
        if (withTitle)
        {
            text.Append(content.Title).Append("\n\n");
        }

        if (content.Text.Length > 0)
        {
            text.Append(content.Text).Append("\n\n");
        }

        foreach (var fact in content.Facts)
        {
            text.Append(fact.Label).Append(": ").Append(fact.Value).Append('\n');
        }

        foreach (var part in content.Parts)
        {
            text.Append('\n').Append(part.Label).Append(":\n");
            foreach (var line in part.Text.Split('\n'))
            {
                text.Append(part.Form == PartForm.Quote ? "> " : part.Form == PartForm.Items ? "- " : "    ").Append(line).Append('\n');
            }
        }

        if (content.Link is { } link)
        {
            text.Append('\n').Append(link.Label).Append(": ").Append(link.Address).Append('\n');
        }

        if (content.Footer.Length > 0)
        {
            text.Append('\n').Append(content.Footer).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }
}

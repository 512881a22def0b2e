using System.Net;
using System.Text;
using Steward.Engines.Notifications.Rendering;

namespace Steward.Engines.Notifications.Mail;

/// <summary>A notice as HTML for mail: no scripts, no pictures, no forms; its one link opens the page.</summary>
internal static class MailHtml
{
    public static string Of(NoticeContent content)
    {
        var html = new StringBuilder(2_000)
            .Append("<!DOCTYPE html><html lang=\"").Append(content.Language.Tag).Append("\"><head><meta charset=\"utf-8\"><title>").Append(Text(content.Title))
            .Append("</title></head><body style=\"font-family:sans-serif;color:#1a1a1a;max-width:640px\"><h2 style=\"font-size:18px\">").Append(Text(content.Title)).Append("</h2>");
        if (content.Text.Length > 0)
        {
            html.Append("<p>").Append(Lines(content.Text)).Append("</p>");
        }

        if (content.Facts.Count > 0)
        {
            html.Append("<table style=\"border-collapse:collapse\">");
            foreach (var fact in content.Facts)
            {
                html.Append("<tr><th style=\"text-align:left;vertical-align:top;padding:2px 12px 2px 0\">").Append(Text(fact.Label)).Append("</th><td>").Append(Text(fact.Value)).Append("</td></tr>");
            }

            html.Append("</table>");
        }

        foreach (var part in content.Parts)
        {
            html.Append("<h3 style=\"font-size:14px;margin-bottom:4px\">").Append(Text(part.Label)).Append("</h3>");
            _ = part.Form switch
            {
                PartForm.Code => html.Append("<pre style=\"background:#f4f4f4;padding:8px;white-space:pre-wrap\">").Append(Text(part.Text)).Append("</pre>"),
                PartForm.Items => html.Append("<ul>").AppendJoin("", part.Text.Split('\n').Select(line => $"<li>{Text(line)}</li>")).Append("</ul>"),
                _ => html.Append("<blockquote style=\"margin:0;padding-left:10px;border-left:3px solid #ccc\">").Append(Lines(part.Text)).Append("</blockquote>"),
            };
        }

        if (content.Link is { } link)
        {
            html.Append("<p><a href=\"").Append(Text(link.Address.ToString())).Append("\">").Append(Text(link.Label)).Append("</a></p><p style=\"color:#666;font-size:12px\">")
                .Append(Text(content.Language.Label("mailFooter"))).Append("</p>");
        }

        return html.Append("<p style=\"color:#666;font-size:12px\">").Append(Text(content.Footer)).Append("</p></body></html>").ToString();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Lines(string text) => WebUtility.HtmlEncode(text).Replace("\n", "<br>", StringComparison.Ordinal);
}

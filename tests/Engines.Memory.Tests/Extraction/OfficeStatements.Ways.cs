namespace Steward.Engines.Memory.Tests.Extraction;

internal sealed partial record OfficeStatements
{
    private static OfficeStatements[] Ways =>
    [
        new("language", [], ["Spanish", "Danish", "Finnish", "Turkish"])
        {
            Says = ["Please answer me in {0}.", "I'd prefer {0} for your answers.", "Write to me in {0}, please.", "My preferred language is {0}.", "Could you reply in {0} from now on?", "I'd like your answers in {0}.", "Always use {0} with me."],
            Changes = ["Answer me in {0} now, not in {1}.", "Please switch from {1} to {0}.", "From now on {0} instead of {1}, please.", "I don't want answers in {1} any more, use {0}.", "My preferred language has changed from {1} to {0}."],
            Drops = ["You don't have to answer in {1} any more.", "Stop answering me in {1}."],
            Nots = ["Is the manual available in {0}?", "The customer writes in {0}.", "Do you speak {0}?", "Can you translate this into {0}?", "My wife speaks {0}.", "The form is in {0}.", "I'm learning {0} in the evenings.", "If I wrote in {0}, would you understand?"],
        },
        new("contact", ["by {0}", "via {0}", "on {0}", "over {0}"], ["email|e-mail", "Teams", "text|text message", "chat"])
        {
            Says = ["Please contact me by {0}.", "The best way to reach me is {0}.", "I prefer to be contacted by {0}.", "{0} is the best way to get hold of me.", "I'd rather hear from you by {0}.", "Reach out to me via {0}.", "If you need me, use {0}."],
            Changes = ["Contact me by {0} now instead of {1}.", "Please use {0}, not {1}, when you contact me.", "I don't want to be contacted by {1} any more, use {0}.", "I used to prefer {1}, but now {0} is the best way to reach me.", "From now on reach me by {0} rather than by {1}."],
            Drops = ["You needn't contact me by {1} any more.", "{1} is not the best way to reach me any more."],
            Nots = ["How do I contact the vendor by {0}?", "Does the help desk answer by {0}?", "Olga prefers to be contacted by {0}.", "I got the invoice by {0}.", "Can the bot contact people by {0}?", "The customer asked: please contact me by {0}.", "Would {0} be faster?", "Please let Rolf know by {0}."],
        },
        new("style", [], ["bullet points|bullets", "short answers|short", "plain English|plain", "numbered steps"])
        {
            Says = ["Please give me {0}.", "I prefer {0} in your replies.", "Always answer me with {0}.", "When you reply, use {0}.", "Stick to {0} with me, please.", "For me {0} work best when you explain things.", "I want {0} from you."],
            Changes = ["Use {0} from now on instead of {1}.", "I've changed my mind, no {1} any more, answer with {0}.", "Please answer with {0} now, not {1}.", "I don't want {1} any more, I prefer {0} in your replies."],
            Drops = ["You can stop answering with {1}.", "No more {1} please."],
            Nots = ["Can you write {0}?", "The style guide asks for {0}.", "My boss prefers {0}.", "Does the template have {0}?", "The tender must be written with {0}.", "If I asked for {0}, would you manage?", "He said 'please use {0}'.", "How do I make {0} in Word?"],
        },
        new("likes", [], ["green tea", "standing desks", "quiet mornings", "cycling"])
        {
            Says = ["I like {0}.", "I really enjoy {0}.", "I love {0}.", "I'm a big fan of {0}.", "I'm fond of {0}.", "I'm very keen on {0}.", "I've always liked {0}."],
            Changes = ["I like {0} now, not {1} any more.", "I've gone off {1}, I like {0} now.", "I used to like {1}, now I like {0}."],
            Drops = ["I don't like {1} any more.", "I've gone off {1}."],
            Nots = ["Do you like {0}?", "My team likes {0}.", "Who enjoys {0}?", "I'd like {0} for the visitors.", "Would I like {0}?", "The survey asks 'I like {0}: yes or no'.", "Is there a group for {0}?", "Ravi loves {0}."],
        },
        new("dislikes", [], ["hot-desking", "long meetings", "loud music", "paper forms"])
        {
            Says = ["I hate {0}.", "I don't like {0}.", "I can't stand {0}.", "I really dislike {0}.", "I'm not a fan of {0}.", "I'm not keen on {0}.", "{0} annoy me."],
            Changes = ["I don't mind {1} any more, but I hate {0}.", "I used to hate {1}, now it's {0} I can't stand."],
            Drops = ["I don't mind {1} any more.", "I no longer hate {1}."],
            Nots = ["Why does everybody hate {0}?", "My boss can't stand {0}.", "Is there a rule on {0}?", "Do you dislike {0}?", "Some people don't like {0}.", "If I hated {0}, I'd say so.", "The survey said 'I hate {0}'.", "Did {0} come up in the survey?"],
        },
        new("diet", ["a {0}", "{0} food", "{0} diet", "a {0} diet"], ["vegan", "vegetarian", "gluten-free", "halal"])
        {
            Says = ["My diet is {0}.", "I only eat {0} food.", "I need a {0} meal at the workshop.", "I eat {0}.", "Please order {0} for me.", "I keep to a {0} diet.", "I always have the {0} option at lunch."],
            Changes = ["I eat {0} now, not {1} any more.", "I've switched from a {1} diet to a {0} one.", "My diet changed from {1} to {0}.", "I used to eat {1}, now I eat {0}."],
            Drops = ["I don't eat {1} any more.", "I've given up the {1} diet."],
            Nots = ["Does the canteen have {0} food?", "Our guest eats {0}.", "Is the soup {0}?", "Three of the visitors need {0} meals.", "I'd like to try a {0} diet.", "What is on the {0} menu?", "If I ate {0}, what could I have?", "The form says 'I eat {0}'."],
        },
        new("allergy", [], ["peanuts", "pollen", "soy", "ibuprofen"])
        {
            Says = ["I'm allergic to {0}.", "I have an allergy to {0}.", "I can't have {0}, I'm allergic.", "I've got a bad allergy to {0}.", "Note that {0} gives me an allergic reaction.", "I react badly to {0}, it's an allergy.", "Since childhood I've been allergic to {0}."],
            Changes = [],
            Drops = ["I'm not allergic to {1} any more.", "It turned out that I'm not allergic to {1}."],
            Nots = ["Is anybody allergic to {0}?", "My son is allergic to {0}.", "Does the cake have {0} in it?", "Am I allergic to {0}?", "A visitor is allergic to {0}.", "If I were allergic to {0}, where would I say so?", "I'm not allergic to {0}.", "The label says 'people allergic to {0}'."],
        },
        new("never", ["to {0}"], ["forward my payslip", "phone me after six", "reboot my machine during a call", "book me on a night flight"])
        {
            Says = ["Never {0}.", "Please never {0}.", "Don't ever {0}.", "Under no circumstances {0}.", "You must never {0}.", "I never want you to {0}.", "Whatever happens, do not {0}."],
            Changes = [],
            Drops = ["It's fine to {1} now.", "You may {1} again."],
            Nots = ["Did you {0}?", "Who said never {0}?", "Would you ever {0}?", "Why did they {0}?", "Can you {0}?", "Please {0}.", "If they {0}, I'll complain.", "The intern was told to never touch the router."],
        },
    ];
}

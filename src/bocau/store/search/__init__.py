"""Full-text search: which emails of an account hold a text.

    indexer (background process) → files → SearchIndex.ask (who searches)

Door: SearchIndex, Question, Verdict, needle_of. The files can be made again from the mail at any time.
"""

from bocau.store.search.index import Question, SearchIndex, Verdict, question_of, question_of_field
from bocau.store.search.needle import Needle, needle_of

__all__ = ["Needle", "Question", "SearchIndex", "Verdict", "needle_of", "question_of", "question_of_field"]
